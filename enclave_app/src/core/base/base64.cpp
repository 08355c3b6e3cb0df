#include "base/base64.hpp"

namespace ben {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_value = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_value);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}

constexpr std::array<std::uint8_t, 256> values = make_values();

}  // namespace

std::string encode_base64(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = (group << 8U) | (k < count ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text.push_back(k <= count ? alphabet[(group >> (18 - 6 * k)) & 0x3fU] : '=');
  }
  return text;
}

Result<Bytes> parse_base64(std::string_view text) {
  const Error bad_form = malformed("base64-form", "base64: not canonical RFC 4648 text with padding");
  if (text.size() % 4 != 0) return bad_form;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;

  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  const std::size_t digits = text.size() - padding;
  for (std::size_t i = 0; i < digits; ++i) {
    const std::uint8_t value = values[static_cast<std::uint8_t>(text[i])];
    if (value == no_value) return bad_form;
    group = (group << 6U) | value;
    if (i % 4 != 3) continue;
    for (const unsigned shift : {16U, 8U, 0U}) bytes.push_back(static_cast<std::uint8_t>(group >> shift));
    group = 0;
  }
  const std::size_t unused_bits = 2 * padding;  // of the last digit: zero, as there is one spelling
  if ((group & ((1U << unused_bits) - 1)) != 0) return bad_form;
  for (std::size_t left = padding == 0 ? 0 : 3 - padding; left > 0; --left)
    bytes.push_back(static_cast<std::uint8_t>(group >> (unused_bits + 8 * (left - 1))));
  return bytes;
}

}  // namespace ben
