// Reader: takes bytes off the front of untrusted input, and never past its end.
#pragma once

#include "base/result.hpp"

namespace ben {

// A failed take makes the reader fail for good and yields zeros or an empty span, so a parser
// reads straight through and asks finish() once, before it hands out anything it built.
class Reader {
 public:
  explicit Reader(ByteView input) noexcept : rest_(input) {}

  [[nodiscard]] std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(big_endian(1)); }
  [[nodiscard]] std::uint16_t u16_be() noexcept { return static_cast<std::uint16_t>(big_endian(2)); }
  [[nodiscard]] std::uint32_t u32_be() noexcept { return static_cast<std::uint32_t>(big_endian(4)); }
  [[nodiscard]] std::uint64_t u64_be() noexcept { return big_endian(8); }
  [[nodiscard]] std::uint16_t u16_le() noexcept { return static_cast<std::uint16_t>(little_endian(2)); }
  [[nodiscard]] std::uint32_t u32_le() noexcept { return static_cast<std::uint32_t>(little_endian(4)); }
  [[nodiscard]] std::uint64_t u64_le() noexcept { return little_endian(8); }

  // The next `count` bytes, at most 8, as one number.
  [[nodiscard]] std::uint64_t big_endian(std::size_t count) noexcept {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : take(count)) value = (value << 8U) | byte;
    return value;
  }

  // The next N bytes, copied.
  template <std::size_t N>
  [[nodiscard]] ByteArray<N> array() noexcept {
    const ByteView bytes = take(N);
    return failed_ ? ByteArray<N>{} : to_array<N>(bytes);
  }

  // The next `count` bytes, as a view into the input.
  [[nodiscard]] ByteView take(std::size_t count) noexcept {
    if (count > rest_.size()) fail();
    if (failed_) return {};
    return std::exchange(rest_, rest_.subspan(count)).first(count);
  }

  // Everything that is left, as a view into the input.
  [[nodiscard]] ByteView rest() noexcept { return take(remaining()); }

  // Makes the reader fail for good: what was read is well sized but wrong.
  void fail() noexcept {
    failed_ = true;
    rest_ = {};
  }

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }

  // Succeeds when every take succeeded and no byte is left over.
  Result<> finish(StaticText tag, StaticText reason) const {
    if (failed_ || !rest_.empty()) return malformed(tag, reason);
    return Ok{};
  }

 private:
  std::uint64_t little_endian(std::size_t count) noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; const std::uint8_t byte : take(count)) {
      value |= std::uint64_t{byte} << shift;
      shift += 8;
    }
    return value;
  }

  ByteView rest_;
  bool failed_ = false;
};

}  // namespace ben
