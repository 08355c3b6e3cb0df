// WipedBytes: as Secret, of a size known only at run time.
#pragma once

#include <string.h>  // explicit_bzero

#include <iosfwd>

#include "base/bytes.hpp"

namespace ben::bip39 {

class WipedBytes {
 public:
  explicit WipedBytes(std::size_t size) : bytes_(size) {}
  ~WipedBytes() { ::explicit_bzero(bytes_.data(), bytes_.size()); }
  WipedBytes(const WipedBytes&) = delete;
  WipedBytes& operator=(const WipedBytes&) = delete;
  WipedBytes(WipedBytes&&) noexcept = default;
  WipedBytes& operator=(WipedBytes&&) = delete;

  [[nodiscard]] ByteView expose() const noexcept { return bytes_; }
  [[nodiscard]] std::span<std::uint8_t> expose_mutable() noexcept { return bytes_; }

 private:
  Bytes bytes_;
};

std::ostream& operator<<(std::ostream&, const WipedBytes&) = delete;

}  // namespace ben::bip39
