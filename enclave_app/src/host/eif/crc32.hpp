// CRC-32 as zlib and Ethernet have it (ISO-HDLC: polynomial 0x04c11db7, reflected).
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace ben::eif {

class Crc32 {
 public:
  Crc32& update(ByteView bytes) noexcept;
  [[nodiscard]] std::uint32_t value() const noexcept { return value_; }

  // The checksum of what this one has taken followed by the `count` bytes that `next` has taken.
  [[nodiscard]] std::uint32_t value_followed_by(const Crc32& next, std::uint64_t count) const noexcept;

 private:
  std::uint32_t value_ = 0;
};

}  // namespace ben::eif
