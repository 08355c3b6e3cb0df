#include <algorithm>
#include <array>

#include "eif/cpio.hpp"
#include "eif/cpio_form.hpp"
#include "eif/gzip.hpp"
#include "eif/output_file.hpp"

namespace ben::eif {
namespace {

using namespace cpio_form;

Result<Entry> to_entry(const ManifestEntry& from) {
  Entry entry{.path = from.path,
              .kind = from.kind,
              .permissions = from.permissions,
              .device_major = from.device_major,
              .device_minor = from.device_minor,
              .content_offset = 0,
              .content_bytes = 0};
  if (from.kind != EntryKind::file) return entry;
  std::uint64_t size = 0;
  if (const auto* bytes = std::get_if<Bytes>(&from.source)) {
    size = bytes->size();
  } else {
    const auto file = FileInput::open(std::get<std::filesystem::path>(from.source));
    if (!file) return file.error();
    size = (*file)->size();
  }
  if (size > UINT32_MAX) return bad_size;
  entry.content_bytes = static_cast<std::uint32_t>(size);
  return entry;
}

// Appends to a sink and knows how many bytes it has taken.
class Archive {
 public:
  explicit Archive(const Sink& sink) : sink_(sink) {}

  Result<> append(ByteView bytes) {
    written_ += bytes.size();
    return sink_(bytes);
  }
  Result<> pad(std::size_t multiple) {
    static constexpr std::array<std::uint8_t, archive_multiple> zeros{};
    return append(ByteView(zeros).first(padding_after(written_, multiple)));
  }
  Result<> append_header(const Header& header, std::string_view name) {
    const std::string text = encode_header(header) + std::string(name) + '\0';
    const auto appended = append(as_bytes(text));
    return appended ? pad(entry_multiple) : appended;
  }
  Result<> append_content(const Input& content, std::uint32_t expected_bytes) {
    if (content.size() != expected_bytes) {
      return Error{ErrorCode::unavailable, "eif-file", "ramdisk: a source changed while it was read"};
    }
    Bytes buffer(std::min<std::size_t>(expected_bytes, copy_bytes));
    for (std::uint64_t offset = 0; offset < expected_bytes; offset += buffer.size()) {
      buffer.resize(std::min<std::uint64_t>(expected_bytes - offset, copy_bytes));
      if (const auto read = content.read_at(offset, buffer); !read) return read;
      if (const auto appended = append(buffer); !appended) return appended;
    }
    return pad(entry_multiple);
  }

 private:
  const Sink& sink_;
  std::uint64_t written_ = 0;
};

Result<> append_source(Archive& archive, const Source& source, std::uint32_t expected_bytes) {
  if (const auto* bytes = std::get_if<Bytes>(&source)) {
    return archive.append_content(MemoryInput(*bytes), expected_bytes);
  }
  const auto file = FileInput::open(std::get<std::filesystem::path>(source));
  if (!file) return file.error();
  return archive.append_content(**file, expected_bytes);
}

// `entries` are those of `manifest`, in the same order.
Result<> write_archive(const std::vector<Entry>& entries, const std::vector<ManifestEntry>& manifest,
                       const Sink& sink) {
  Archive archive(sink);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto headed = archive.append_header(header_of(entries[i], i), entries[i].path);
    if (!headed) return headed;
    if (entries[i].kind != EntryKind::file) continue;
    const auto filled = append_source(archive, manifest[i].source, entries[i].content_bytes);
    if (!filled) return filled;
  }
  if (const auto ended = archive.append_header(trailer_header(), trailer); !ended) return ended;
  return archive.pad(archive_multiple);
}

Result<> write_packed(const std::vector<Entry>& entries, const Manifest& manifest, const Sink& sink) {
  if (manifest.packing == Packing::plain) return write_archive(entries, manifest.entries, sink);
  GzipWriter gzip(sink);
  const auto written =
      write_archive(entries, manifest.entries, [&](ByteView bytes) { return gzip.append(bytes); });
  return written ? gzip.finish() : written;
}

}  // namespace

Result<> write_cpio(Manifest manifest, const std::filesystem::path& output) {
  if (manifest.entries.size() > cpio_entries_max) return bad_count;
  std::ranges::sort(manifest.entries, {}, &ManifestEntry::path);
  std::vector<Entry> entries;
  for (const ManifestEntry& from : manifest.entries) {
    auto entry = to_entry(from);
    if (!entry) return entry.error();
    if (const auto admitted = admit_entry(*entry, entries); !admitted) return admitted;
    entries.push_back(*std::move(entry));
  }

  const auto file = OutputFile::create(output);
  if (!file) return file.error();
  const auto written =
      write_packed(entries, manifest, [&](ByteView bytes) { return (*file)->append(bytes); });
  return written ? (*file)->commit() : written;
}

}  // namespace ben::eif
