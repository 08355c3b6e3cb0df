#include "eif/crc32.hpp"

#include <zlib.h>

namespace ben::eif {

Crc32& Crc32::update(ByteView bytes) noexcept {
  // An empty view may point nowhere, and zlib takes that for the question of where to begin.
  if (!bytes.empty()) value_ = static_cast<std::uint32_t>(crc32_z(value_, bytes.data(), bytes.size()));
  return *this;
}

std::uint32_t Crc32::value_followed_by(const Crc32& next, std::uint64_t count) const noexcept {
  return static_cast<std::uint32_t>(crc32_combine(value_, next.value_, static_cast<z_off_t>(count)));
}

}  // namespace ben::eif
