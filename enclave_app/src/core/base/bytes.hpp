// Names for byte sequences, and conversions between text and bytes. What includes this has the standard's
// sequences, strings, integers, owners and algorithms with it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ben {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;

// The bytes of `text`, as a view: valid as long as the text.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The characters of `bytes`, as a view: valid as long as the bytes. Says nothing about UTF-8.
[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }

// Copies exactly N bytes; the caller has checked the size (a shorter view aborts).
template <std::size_t N>
[[nodiscard]] ByteArray<N> to_array(ByteView view) noexcept {
  ByteArray<N> array{};
  std::ranges::copy(view.first<N>(), array.begin());
  return array;
}

[[nodiscard]] inline bool equal(ByteView a, ByteView b) noexcept { return std::ranges::equal(a, b); }

}  // namespace ben
