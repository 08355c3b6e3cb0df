#include "base/hex.hpp"

namespace ben {

constexpr std::string_view digits = "0123456789abcdef";

std::string encode_hex(ByteView bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) text.append({digits[byte >> 4U], digits[byte & 0x0fU]});
  return text;
}

Result<Bytes> parse_hex(std::string_view text) {
  if (text.size() % 2 != 0 || text.find_first_not_of(digits) != text.npos)
    return malformed("hex-digits", "hex: want an even number of the digits 0-9a-f");
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(digits.find(text[i]) << 4U | digits.find(text[i + 1])));
  return bytes;
}

}  // namespace ben
