// The header of an enclave image file and of its sections, as bytes; image.hpp has the table.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "eif/image.hpp"

namespace ben::eif {

inline constexpr std::size_t header_bytes = 548;
inline constexpr std::size_t header_flags_offset = 6;
inline constexpr std::size_t header_hints_offset = 8;  // default memory and CPUs
inline constexpr std::size_t header_hints_bytes = 16;
inline constexpr std::size_t header_crc_offset = 544;
inline constexpr std::size_t section_header_bytes = 12;

// What a header says of the sections; offsets are those of their headers.
struct SectionTable {
  std::size_t count = 0;
  std::array<std::uint64_t, sections_max> offsets{};
  std::array<std::uint64_t, sections_max> sizes{};

  friend bool operator==(const SectionTable&, const SectionTable&) = default;
};

// The table that a header has to hold for `sections`.
[[nodiscard]] SectionTable table_of(const std::vector<Section>& sections);

// The first header_crc_offset bytes of a file; its CRC-32 follows.
[[nodiscard]] Bytes encode_header(Architecture architecture, const SectionTable& table);

struct Header {
  Architecture architecture;
  SectionTable table;
  std::uint32_t crc;
};

// Fails with `malformed` (eif-magic, eif-version, eif-flags, eif-reserved, eif-section-count). `failed_at` is
// then the offset of the field.
Result<Header> parse_header(std::span<const std::uint8_t, header_bytes> bytes, std::uint64_t& failed_at);

// "kernel", "cmdline", "ramdisk", "signature", "metadata".
[[nodiscard]] std::string_view name_of(SectionType type) noexcept;

[[nodiscard]] Bytes encode_section_header(SectionType type, std::uint64_t bytes);

struct SectionHeader {
  SectionType type;
  std::uint64_t bytes;
};

// Fails with `malformed` (eif-section-type, eif-section-flags).
Result<SectionHeader> parse_section_header(std::span<const std::uint8_t, section_header_bytes> bytes);

}  // namespace ben::eif
