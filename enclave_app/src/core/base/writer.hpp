// Writer: appends fixed-size integers and bytes to a buffer it owns.
#pragma once

#include "base/bytes.hpp"

namespace ben {

class Writer {
 public:
  Writer() = default;
  explicit Writer(std::size_t expected_bytes) { bytes_.reserve(expected_bytes); }

  Writer& u8(std::uint8_t value) {
    bytes_.push_back(value);
    return *this;
  }
  Writer& u16_be(std::uint16_t value) { return big_endian(value, 2); }
  Writer& u32_be(std::uint32_t value) { return big_endian(value, 4); }
  Writer& u64_be(std::uint64_t value) { return big_endian(value, 8); }
  Writer& u16_le(std::uint16_t value) { return little_endian(value, 2); }
  Writer& u32_le(std::uint32_t value) { return little_endian(value, 4); }
  Writer& u64_le(std::uint64_t value) { return little_endian(value, 8); }

  // The low `count` bytes of a number, at most 8.
  Writer& big_endian(std::uint64_t value, std::size_t count) {
    for (; count > 0; --count) u8(static_cast<std::uint8_t>(value >> (8 * (count - 1))));
    return *this;
  }
  Writer& bytes(ByteView view) {
    bytes_.insert(bytes_.end(), view.begin(), view.end());
    return *this;
  }
  Writer& text(std::string_view view) { return bytes(as_bytes(view)); }

  [[nodiscard]] const Bytes& view() const noexcept { return bytes_; }
  [[nodiscard]] Bytes take() { return std::exchange(bytes_, {}); }

 private:
  Writer& little_endian(std::uint64_t value, std::size_t count) {
    for (; count > 0; --count, value >>= 8U) u8(static_cast<std::uint8_t>(value));
    return *this;
  }

  Bytes bytes_;
};

}  // namespace ben
