#include "base/reader.hpp"

namespace ben {

std::uint64_t Reader::big_endian(std::size_t count) noexcept {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : take(count)) value = (value << 8U) | byte;
  return value;
}

std::uint64_t Reader::little_endian(std::size_t count) noexcept {
  std::uint64_t value = 0;
  const auto bytes = take(count);
  for (std::size_t i = bytes.size(); i > 0; --i) value = (value << 8U) | bytes[i - 1];
  return value;
}

ByteView Reader::take(std::size_t count) noexcept {
  if (failed_ || count > rest_.size()) {
    fail();
    return {};
  }
  const auto taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

Result<> Reader::finish(StaticText tag, StaticText reason) const {
  if (failed_ || !rest_.empty()) return malformed(tag, reason);
  return Ok{};
}

}  // namespace ben
