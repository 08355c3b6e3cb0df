// Enclave images, ramdisks, packed ramdisks, manifests, metadata and signature sections. The first byte of
// the input says which: e, c, g, t, m, s.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/writer.hpp"
#include "eif/crc32.hpp"
#include "eif/gzip.hpp"
#include "eif/image.hpp"
#include "require.hpp"

namespace {

using namespace ben;
using namespace ben::eif;

Hash384 pcr(ByteView content) { return sha384({Hash384{}, sha384({content})}); }

// An accepted image is its header and its sections, end to end, and measures by the definition of the PCRs.
void check_image(ByteView input) {
  constexpr std::size_t header_bytes = 548;
  constexpr std::size_t crc_offset = 544;
  Bytes image = to_bytes(input);
  if (image.size() >= header_bytes) {  // or no input but the first would pass its checksum
    Crc32 crc;
    crc.update(ByteView(image).first(crc_offset)).update(ByteView(image).subspan(header_bytes));
    std::ranges::copy(Writer().u32_be(crc.value()).take(), image.begin() + crc_offset);
  }
  std::uint64_t failed_at = UINT64_MAX;
  const auto description = describe_eif(MemoryInput(image), &failed_at);
  if (!description) {
    require(failed_at <= image.size());
    return;
  }
  Bytes all;
  Bytes first;
  Bytes others;
  std::uint64_t end = header_bytes;
  std::size_t ramdisks = 0;
  for (const Section& section : description->sections) {
    require(section.offset == end + 12 && section.bytes <= image.size() - section.offset);
    end = section.offset + section.bytes;
    if (section.type == SectionType::metadata || section.type == SectionType::signature) continue;
    const ByteView data = ByteView(image).subspan(section.offset, section.bytes);
    const bool is_later = section.type == SectionType::ramdisk && ++ramdisks > 1;
    all.insert(all.end(), data.begin(), data.end());
    (is_later ? others : first).insert((is_later ? others : first).end(), data.begin(), data.end());
  }
  require(end == image.size() && ramdisks >= 1);
  require(description->measurements.pcr0 == pcr(all));
  require(description->measurements.pcr1 == pcr(first));
  require(description->measurements.pcr2 == pcr(others));
  require(!encode_description(*description).empty());
}

// An accepted archive is, byte for byte, what its entries are written as.
void check_archive(ByteView input) {
  const auto entries = list_cpio(MemoryInput(input));
  if (!entries) return;
  std::vector<ManifestEntry> manifest;
  for (const Entry& entry : *entries) {
    manifest.push_back({.path = entry.path,
                        .kind = entry.kind,
                        .permissions = entry.permissions,
                        .source = to_bytes(input.subspan(entry.content_offset, entry.content_bytes)),
                        .device_major = entry.device_major,
                        .device_minor = entry.device_minor});
  }
  std::ranges::reverse(manifest);
  const auto path = std::filesystem::temp_directory_path() / ("eif-fuzz-" + std::to_string(::getpid()));
  require(write_cpio({manifest}, path).has_value());
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> written{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(path);
  require(std::ranges::equal(written, input, {}, [](char byte) { return static_cast<std::uint8_t>(byte); }));
}

// Metadata that were accepted are written in one way, unless they hold fractions, and read back the same.
void check_metadata(ByteView input) {
  const auto metadata = parse_metadata(input);
  if (!metadata) return;
  const auto written = encode_metadata(*metadata);
  if (!written) return;
  const auto again = parse_metadata(*written);
  require(again.has_value());
  const auto written_again = encode_metadata(*again);
  require(written_again.has_value() && *written_again == *written);
}

// What unpacks is within the limit, and packing it again gives something that unpacks to the same.
void check_packed(ByteView input) {
  constexpr std::uint64_t bytes_max = std::uint64_t{1} << 20U;
  constexpr ByteArray<2> magic{0x1f, 0x8b};
  if (input.size() < magic.size() || !equal(input.first(magic.size()), magic)) return;
  const auto archive = open_archive(MemoryInput(input), bytes_max);
  if (!archive) return;
  require((*archive)->size() <= bytes_max);
  Bytes plain((*archive)->size());
  require((*archive)->read_at(0, plain).has_value());
  Bytes packed;
  GzipWriter gzip([&packed](ByteView bytes) -> Result<> {
    packed.insert(packed.end(), bytes.begin(), bytes.end());
    return Ok{};
  });
  require(gzip.append(plain).has_value() && gzip.finish().has_value());
  const auto again = open_archive(MemoryInput(packed), bytes_max);
  require(again.has_value());
  Bytes plain_again((*again)->size());
  require((*again)->read_at(0, plain_again).has_value() && plain_again == plain);
}

// A manifest has an entry for each of some lines, or names the line that is wrong.
void check_manifest(ByteView input) {
  std::size_t failed_line = 0;
  const auto lines = static_cast<std::size_t>(std::ranges::count(input, '\n')) + 1;
  const auto manifest = parse_manifest(as_text(input), "folder", &failed_line);
  if (!manifest) {
    require(failed_line >= 1 && failed_line <= lines);
    return;
  }
  require(manifest->entries.size() <= lines);
}

// Nobody has a key that signed this PCR0.
void check_signature(ByteView input) { require(!verify_signature(input, Hash384{}).has_value()); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest{data + 1, size - 1};
  switch (data[0]) {
    case 'e':
      check_image(rest);
      break;
    case 'c':
      check_archive(rest);
      break;
    case 'g':
      check_packed(rest);
      break;
    case 't':
      check_manifest(rest);
      break;
    case 'm':
      check_metadata(rest);
      break;
    case 's':
      check_signature(rest);
      break;
    default:
      break;
  }
  return 0;
}
