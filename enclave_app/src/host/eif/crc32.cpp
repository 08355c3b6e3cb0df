#include "eif/crc32.hpp"

#include <array>

namespace ben::eif {
namespace {

// "Slicing by 8": table[k][b] is the checksum of byte b followed by k zero bytes, so eight bytes take eight
// independent look-ups. One byte at a time would be slower than the disk.
constexpr std::size_t slices = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, slices>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? 0xedb88320U : 0U);
    tables[0][byte] = value;
  }
  for (std::size_t slice = 1; slice < slices; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t shorter = tables[slice - 1][byte];
      tables[slice][byte] = (shorter >> 8U) ^ tables[0][shorter & 0xffU];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

Crc32& Crc32::update(ByteView bytes) noexcept {
  while (bytes.size() >= slices) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < slices; ++i) {
      const std::uint32_t mixed = i < 4 ? bytes[i] ^ ((state_ >> (8 * i)) & 0xffU) : bytes[i];
      next ^= tables[slices - 1 - i][mixed];
    }
    state_ = next;
    bytes = bytes.subspan(slices);
  }
  for (const std::uint8_t byte : bytes) state_ = (state_ >> 8U) ^ tables[0][(state_ ^ byte) & 0xffU];
  return *this;
}

}  // namespace ben::eif
