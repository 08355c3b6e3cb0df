#include "eif/header.hpp"

#include <algorithm>

#include "base/reader.hpp"
#include "base/writer.hpp"

namespace ben::eif {
namespace {

constexpr std::string_view magic = ".eif";
constexpr std::uint16_t version = 4;
// What AWS's builder always writes. nitro-cli takes both from its command line instead.
constexpr std::uint64_t default_memory_bytes = std::uint64_t{1} << 30;
constexpr std::uint64_t default_cpus = 2;
constexpr std::size_t sections_min = 4;  // kernel, command line, metadata, one ramdisk

std::optional<SectionType> to_section_type(std::uint16_t value) {
  for (const SectionType type : {SectionType::kernel, SectionType::cmdline, SectionType::ramdisk,
                                 SectionType::signature, SectionType::metadata}) {
    if (value == static_cast<std::uint16_t>(type)) return type;
  }
  return std::nullopt;
}

}  // namespace

SectionTable table_of(const std::vector<Section>& sections) {
  SectionTable table{.count = sections.size(), .offsets = {}, .sizes = {}};
  for (std::size_t i = 0; i < sections.size(); ++i) {
    table.offsets.at(i) = sections[i].offset - section_header_bytes;
    table.sizes.at(i) = sections[i].bytes;
  }
  return table;
}

Bytes encode_header(Architecture architecture, const SectionTable& table) {
  Writer writer(header_bytes);
  writer.text(magic).u16_be(version).u16_be(static_cast<std::uint16_t>(architecture));
  writer.u64_be(default_memory_bytes).u64_be(default_cpus);
  writer.u16_be(0).u16_be(static_cast<std::uint16_t>(table.count));
  for (const std::uint64_t offset : table.offsets) writer.u64_be(offset);
  for (const std::uint64_t size : table.sizes) writer.u64_be(size);
  writer.u32_be(0);
  return writer.take();
}

Result<Header> parse_header(std::span<const std::uint8_t, header_bytes> bytes, std::uint64_t& failed_at) {
  Reader reader(bytes);
  Header header{};
  const auto refuse = [&](std::uint64_t offset, Error error) {
    failed_at = offset;
    return error;
  };

  if (as_text(reader.take(magic.size())) != magic) {
    return refuse(0, {ErrorCode::malformed, "eif-magic", "image: this is not an enclave image file"});
  }
  if (reader.u16_be() != version) {
    return refuse(4, {ErrorCode::malformed, "eif-version", "image: only version 4 is read"});
  }
  const std::uint16_t flags = reader.u16_be();
  header.architecture = flags == 0 ? Architecture::x86_64 : Architecture::aarch64;
  if (flags != static_cast<std::uint16_t>(header.architecture)) {
    return refuse(6, {ErrorCode::malformed, "eif-flags", "image: a flag is set that has no meaning"});
  }
  // Memory and CPUs are hints that nobody reads and nothing measures: any value is as good.
  static_cast<void>(reader.take(header_hints_bytes));
  if (reader.u16_be() != 0) {
    return refuse(24, {ErrorCode::malformed, "eif-reserved", "image: a reserved field is not 0"});
  }
  header.table.count = reader.u16_be();
  if (header.table.count < sections_min || header.table.count > sections_max) {
    return refuse(26, {ErrorCode::malformed, "eif-section-count", "image: want 4 to 32 sections"});
  }
  for (std::uint64_t& offset : header.table.offsets) offset = reader.u64_be();
  for (std::uint64_t& size : header.table.sizes) size = reader.u64_be();
  if (reader.u32_be() != 0) {
    return refuse(540, {ErrorCode::malformed, "eif-reserved", "image: an unused field is not 0"});
  }
  header.crc = reader.u32_be();
  return header;
}

std::string_view name_of(SectionType type) noexcept {
  switch (type) {
    case SectionType::kernel:
      return "kernel";
    case SectionType::cmdline:
      return "cmdline";
    case SectionType::ramdisk:
      return "ramdisk";
    case SectionType::signature:
      return "signature";
    case SectionType::metadata:
      return "metadata";
  }
  return {};
}

Bytes encode_section_header(SectionType type, std::uint64_t bytes) {
  return Writer(section_header_bytes).u16_be(static_cast<std::uint16_t>(type)).u16_be(0).u64_be(bytes).take();
}

Result<SectionHeader> parse_section_header(std::span<const std::uint8_t, section_header_bytes> bytes) {
  Reader reader(bytes);
  const auto type = to_section_type(reader.u16_be());
  if (!type) return Error{ErrorCode::malformed, "eif-section-type", "image: a section's type is unknown"};
  if (reader.u16_be() != 0) {
    return Error{ErrorCode::malformed, "eif-section-flags", "image: a section's flags are not 0"};
  }
  return SectionHeader{*type, reader.u64_be()};
}

}  // namespace ben::eif
