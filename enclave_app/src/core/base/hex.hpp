// Hexadecimal text, lower case only: one spelling for one value.
#pragma once

#include "base/result.hpp"

namespace ben {

[[nodiscard]] std::string encode_hex(ByteView bytes);

// Fails with `malformed` (hex-digits) on an odd number of digits or any other character than 0-9a-f.
Result<Bytes> parse_hex(std::string_view text);

// The same for exactly N bytes.
template <std::size_t N>
Result<ByteArray<N>> parse_hex_array(std::string_view text) {
  if (text.size() != 2 * N) return malformed("hex-size", "hex: wrong number of digits");
  BEN_TRY(const auto bytes, parse_hex(text));
  return to_array<N>(bytes);
}

}  // namespace ben
