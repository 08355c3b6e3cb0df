// Secret<N>: bytes that are wiped when they go out of scope and cannot be printed or copied.
#pragma once

#include <iosfwd>

#include <string.h>  // explicit_bzero

#include "base/bytes.hpp"

namespace ben {

template <std::size_t N>
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::span<const std::uint8_t, N> bytes) noexcept {
    std::ranges::copy(bytes, bytes_.begin());
  }
  ~Secret() { wipe(); }

  // One owner at a time: a move wipes the source, a copy does not compile.
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    const Secret taken(std::move(other));  // `other` may be this one
    bytes_ = taken.bytes_;
    return *this;
  }

  // The only doors to the bytes; `grep -rn 'expose('` lists every place a secret is read.
  [[nodiscard]] std::span<const std::uint8_t, N> expose() const noexcept { return bytes_; }
  [[nodiscard]] std::span<std::uint8_t, N> expose_mutable() noexcept { return bytes_; }

  // Time does not depend on the contents.
  [[nodiscard]] friend bool operator==(const Secret& a, const Secret& b) noexcept {
    std::uint8_t difference = 0;
    for (std::size_t i = 0; i < N; ++i) difference |= static_cast<std::uint8_t>(a.bytes_[i] ^ b.bytes_[i]);
    return difference == 0;
  }

 private:
  void wipe() noexcept { ::explicit_bzero(bytes_.data(), bytes_.size()); }

  std::array<std::uint8_t, N> bytes_{};
};

template <std::size_t N>
std::ostream& operator<<(std::ostream&, const Secret<N>&) = delete;

}  // namespace ben
