#include "eif/cpio_form.hpp"

#include <algorithm>
#include <array>

namespace ben::eif::cpio_form {
namespace {

constexpr std::string_view magic = "070701";
constexpr std::size_t field_count = 13;
constexpr std::uint32_t permissions_max = 07777;
constexpr std::uint32_t device_number_max = 0xffff;

constexpr std::uint32_t regular_file_bits = 0100000;
constexpr std::uint32_t folder_bits = 0040000;
constexpr std::uint32_t character_device_bits = 0020000;

constexpr Error bad_order{ErrorCode::malformed, "cpio-order",
                          "ramdisk: paths have to be sorted and differ, and follow the folders they are in"};

std::array<std::uint32_t Header::*, field_count> fields() {
  return {&Header::inode,
          &Header::mode,
          &Header::uid,
          &Header::gid,
          &Header::link_count,
          &Header::mtime,
          &Header::content_bytes,
          &Header::archive_device_major,
          &Header::archive_device_minor,
          &Header::device_major,
          &Header::device_minor,
          &Header::name_bytes,
          &Header::check};
}

std::optional<std::uint32_t> parse_field(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char digit : digits) {
    const bool decimal = digit >= '0' && digit <= '9';
    if (!decimal && (digit < 'A' || digit > 'F')) return std::nullopt;
    value = (value << 4U) | static_cast<std::uint32_t>(decimal ? digit - '0' : digit - 'A' + 10);
  }
  return value;
}

constexpr std::uint32_t type_bits(EntryKind kind) noexcept {
  switch (kind) {
    case EntryKind::file:
      return regular_file_bits;
    case EntryKind::folder:
      return folder_bits;
    case EntryKind::character_device:
      return character_device_bits;
  }
  return 0;
}

bool is_admissible_path(std::string_view path) {
  if (path.empty() || path.size() > cpio_path_bytes_max || path == trailer) return false;
  if (path.find('\0') != std::string_view::npos) return false;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

std::string encode_header(const Header& header) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text(magic);
  for (const auto field : fields()) {
    for (int shift = 28; shift >= 0; shift -= 4) text.push_back(digits[(header.*field >> shift) & 0xfU]);
  }
  return text;
}

std::optional<Header> parse_header(std::string_view text) {
  if (!text.starts_with(magic)) return std::nullopt;
  Header header;
  std::size_t at = magic.size();
  for (const auto field : fields()) {
    const auto value = parse_field(text.substr(at, 8));
    if (!value) return std::nullopt;
    header.*field = *value;
    at += 8;
  }
  return header;
}

std::optional<EntryKind> to_entry_kind(std::uint32_t mode) noexcept {
  for (const EntryKind kind : {EntryKind::file, EntryKind::folder, EntryKind::character_device}) {
    if ((mode & file_type_bits) == type_bits(kind)) return kind;
  }
  return std::nullopt;
}

Header header_of(const Entry& entry, std::size_t position) {
  return Header{.inode = static_cast<std::uint32_t>(position + 1),
                .mode = type_bits(entry.kind) | entry.permissions,
                .link_count = entry.kind == EntryKind::folder ? 2U : 1U,
                .content_bytes = entry.content_bytes,
                .device_major = entry.device_major,
                .device_minor = entry.device_minor,
                .name_bytes = static_cast<std::uint32_t>(entry.path.size() + 1)};
}

Header trailer_header() { return Header{.name_bytes = static_cast<std::uint32_t>(trailer.size() + 1)}; }

std::size_t padding_after(std::uint64_t offset, std::size_t multiple) noexcept {
  return static_cast<std::size_t>((multiple - offset % multiple) % multiple);
}

Result<> admit_entry(const Entry& entry, const std::vector<Entry>& earlier) {
  if (!is_admissible_path(entry.path)) return bad_path;
  if (entry.permissions > permissions_max) return bad_mode;
  const bool is_device = entry.kind == EntryKind::character_device;
  if (!is_device && (entry.device_major != 0 || entry.device_minor != 0)) return bad_mode;
  if (entry.device_major > device_number_max || entry.device_minor > device_number_max) return bad_mode;
  if (entry.kind != EntryKind::file && entry.content_bytes != 0) return bad_size;

  if (!earlier.empty() && earlier.back().path >= entry.path) return bad_order;
  const std::size_t slash = entry.path.rfind('/');
  if (slash == std::string::npos) return Ok{};
  const std::string_view folder = std::string_view(entry.path).substr(0, slash);
  const auto found = std::ranges::lower_bound(earlier, folder, {}, &Entry::path);
  const bool has_folder = found != earlier.end() && found->path == folder && found->kind == EntryKind::folder;
  if (!has_folder) return bad_order;
  return Ok{};
}

}  // namespace ben::eif::cpio_form
