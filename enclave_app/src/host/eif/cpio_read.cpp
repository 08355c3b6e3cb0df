#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "eif/cpio.hpp"
#include "eif/cpio_form.hpp"
#include "eif/output_file.hpp"

namespace ben::eif {
namespace {

using namespace cpio_form;

// Reads an archive from front to back; every take fails at its end.
class Cursor {
 public:
  explicit Cursor(const Input& input) : input_(input) {}

  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::uint64_t remaining() const noexcept { return input_.size() - offset_; }

  Result<Bytes> take(std::size_t count) {
    if (count > remaining()) {
      return Error{ErrorCode::malformed, "cpio-trailer", "ramdisk: the archive ends before its trailer"};
    }
    Bytes bytes(count);
    if (const auto read = input_.read_at(offset_, bytes); !read) return read.error();
    offset_ += count;
    return bytes;
  }
  void skip(std::uint64_t count) noexcept { offset_ += count; }
  Result<> take_padding(std::size_t multiple) {
    const auto padding = take(padding_after(offset_, multiple));
    if (!padding) return padding.error();
    if (std::ranges::any_of(*padding, [](std::uint8_t byte) { return byte != 0; })) {
      return Error{ErrorCode::malformed, "cpio-padding", "ramdisk: padding has to be zeros"};
    }
    return Ok{};
  }

 private:
  const Input& input_;
  std::uint64_t offset_ = 0;
};

struct NamedHeader {
  Header header;
  std::string name;
};

Result<NamedHeader> take_header(Cursor& cursor) {
  constexpr Error bad_header{ErrorCode::malformed, "cpio-header", "ramdisk: this is no header of ours"};
  const auto text = cursor.take(header_bytes);
  if (!text) return text.error();
  const auto header = parse_header(as_text(*text));
  if (!header) return bad_header;
  if (header->name_bytes < 2 || header->name_bytes > cpio_path_bytes_max + 1) return bad_path;
  const auto name = cursor.take(header->name_bytes);
  if (!name) return name.error();
  if (name->back() != 0) return bad_path;
  if (const auto padded = cursor.take_padding(entry_multiple); !padded) return padded.error();
  return NamedHeader{*header, std::string(as_text(ByteView(*name).first(name->size() - 1)))};
}

// The entry of a header, whose content is next; skips that.
Result<Entry> take_entry(Cursor& cursor, const NamedHeader& named, std::size_t position) {
  const auto kind = to_entry_kind(named.header.mode);
  if (!kind) return bad_mode;
  Entry entry{.path = named.name,
              .kind = *kind,
              .permissions = named.header.mode & ~file_type_bits,
              .device_major = named.header.device_major,
              .device_minor = named.header.device_minor,
              .content_offset = cursor.offset(),
              .content_bytes = named.header.content_bytes};
  if (header_of(entry, position) != named.header) {
    return Error{ErrorCode::malformed, "cpio-header",
                 "ramdisk: owner, time, inode, links and checksum have to be the fixed ones"};
  }
  if (entry.content_bytes > cursor.remaining()) return bad_size;
  cursor.skip(entry.content_bytes);
  if (const auto padded = cursor.take_padding(entry_multiple); !padded) return padded.error();
  return entry;
}

constexpr Error not_written{ErrorCode::unavailable, "eif-output", "ramdisk: an entry could not be written"};

Result<> extract_folder(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0755) == 0) return Ok{};
  struct stat status{};
  const bool is_there = errno == EEXIST && ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  if (!is_there) return not_written;
  return Ok{};
}

Result<> copy_to(int file, const Input& content) {
  Bytes buffer;
  for (std::uint64_t offset = 0; offset < content.size(); offset += buffer.size()) {
    buffer.resize(std::min<std::uint64_t>(content.size() - offset, copy_bytes));
    if (const auto read = content.read_at(offset, buffer); !read) return read;
    if (const auto written = write_all(file, buffer); !written) return written;
  }
  return Ok{};
}

Result<> extract_file(const Input& content, const std::filesystem::path& path, std::uint32_t permissions) {
  constexpr int new_file = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const int file = ::open(path.c_str(), new_file, permissions & 0777U);
  if (file < 0) return not_written;
  const auto copied = copy_to(file, content);
  ::close(file);
  return copied;
}

}  // namespace

Result<std::vector<Entry>> list_cpio(const Input& archive) {
  constexpr Error bad_trailer{ErrorCode::malformed, "cpio-trailer", "ramdisk: bytes follow the trailer"};
  Cursor cursor(archive);
  std::vector<Entry> entries;
  while (true) {
    const auto named = take_header(cursor);
    if (!named) return named.error();
    if (named->name == trailer) {
      if (named->header != trailer_header()) return bad_trailer;
      break;
    }
    if (entries.size() == cpio_entries_max) return bad_count;
    auto entry = take_entry(cursor, *named, entries.size());
    if (!entry) return entry.error();
    if (const auto admitted = admit_entry(*entry, entries); !admitted) return admitted.error();
    entries.push_back(*std::move(entry));
  }
  if (const auto padded = cursor.take_padding(archive_multiple); !padded) return padded.error();
  if (cursor.remaining() != 0) return bad_trailer;
  return entries;
}

Result<> extract_cpio(const Input& archive, const std::vector<Entry>& entries,
                      const std::filesystem::path& folder) {
  for (const Entry& entry : entries) {
    const std::filesystem::path path = folder / entry.path;
    Result<> extracted = Ok{};
    if (entry.kind == EntryKind::folder) extracted = extract_folder(path);
    if (entry.kind == EntryKind::file) {
      const WindowInput content(archive, entry.content_offset, entry.content_bytes);
      extracted = extract_file(content, path, entry.permissions);
    }
    if (!extracted) return extracted;
  }
  return Ok{};
}

}  // namespace ben::eif
