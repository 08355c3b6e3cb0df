#include "bitcoin/bech32.hpp"

namespace ben::bitcoin {
namespace {

constexpr std::string_view alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t checksum_chars = 6;

constexpr std::uint32_t constant_of(Bech32Variant variant) noexcept {
  return variant == Bech32Variant::bech32 ? 1U : 0x2bc830a3U;
}

// BIP 173's BCH code, over the prefix as it is expanded there and then the groups.
std::uint32_t checksum(std::string_view prefix, ByteView groups) noexcept {
  static constexpr std::array<std::uint32_t, 5> generator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                          0x2a1462b3};
  std::uint32_t state = 1;
  const auto feed = [&state](unsigned value) {
    const std::uint32_t top = state >> 25U;
    state = ((state & 0x1ffffffU) << 5U) ^ value;
    for (std::size_t i = 0; i < generator.size(); ++i) {
      if (((top >> i) & 1U) != 0) state ^= generator[i];
    }
  };
  for (const char character : prefix) feed(static_cast<unsigned char>(character) >> 5U);
  feed(0);
  for (const char character : prefix) feed(static_cast<unsigned char>(character) & 31U);
  for (const std::uint8_t group : groups) feed(group);
  return state;
}

// The text in lower case, or nothing if it mixes cases or has a character outside 33..126.
Result<std::string> to_lower(std::string_view text) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_foreign = [](char c) { return c < 33 || c > 126; };
  if (std::any_of(text.begin(), text.end(), is_foreign) ||
      (std::any_of(text.begin(), text.end(), is_lower) && std::any_of(text.begin(), text.end(), is_upper)))
    return malformed("address-bech32", "bech32: mixed case or a foreign character");
  std::string lower(text);
  for (char& c : lower) c = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

// Appends values of `from` bits as values of `to` bits. Returns the bits left over, at the top of `to` bits.
unsigned regroup(ByteView values, unsigned from, unsigned to, Bytes& out) {
  const unsigned mask = (1U << to) - 1U;
  unsigned buffer = 0;
  unsigned bits = 0;
  for (const std::uint8_t value : values) {
    buffer = ((buffer << from) | value) & 0xfffU;
    for (bits += from; bits >= to; bits -= to)
      out.push_back(static_cast<std::uint8_t>((buffer >> (bits - to)) & mask));
  }
  return (buffer << (to - bits)) & mask;
}

}  // namespace

std::string encode_bech32(const Bech32& content) {
  Bytes groups = content.groups;
  groups.resize(groups.size() + checksum_chars);
  const std::uint32_t sum = checksum(content.prefix, groups) ^ constant_of(content.variant);
  std::string text = content.prefix + '1';
  for (const std::uint8_t group : content.groups) text.push_back(alphabet[group]);
  for (unsigned i = 0; i < checksum_chars; ++i) text.push_back(alphabet[(sum >> (5 * (5 - i))) & 31U]);
  return text;
}

Result<Bech32> parse_bech32(std::string_view text) {
  const Error bad_form = malformed("address-bech32", "bech32: not of the form prefix 1 data checksum");
  if (text.size() > bech32_chars_max) return bad_form;
  BEN_TRY(const auto lower, to_lower(text));
  const std::size_t separator = lower.rfind('1');
  if (separator == std::string::npos || separator == 0 || separator + 1 + checksum_chars > lower.size())
    return bad_form;

  Bech32 content{.prefix = lower.substr(0, separator), .groups = {}, .variant = Bech32Variant::bech32};
  for (std::size_t i = separator + 1; i < lower.size(); ++i) {
    const std::size_t value = alphabet.find(lower[i]);
    if (value == std::string_view::npos) return bad_form;
    content.groups.push_back(static_cast<std::uint8_t>(value));
  }
  const std::uint32_t sum = checksum(content.prefix, content.groups);
  if (sum == constant_of(Bech32Variant::bech32m)) content.variant = Bech32Variant::bech32m;
  if (sum != constant_of(content.variant))
    return malformed("address-bech32", "bech32: the checksum does not match");
  content.groups.resize(content.groups.size() - checksum_chars);
  return content;
}

Bytes to_groups(ByteView bytes) {
  Bytes groups;
  const unsigned rest = regroup(bytes, 8, 5, groups);
  if (bytes.size() % 5 != 0) groups.push_back(static_cast<std::uint8_t>(rest));
  return groups;
}

Result<Bytes> from_groups(ByteView groups) {
  Bytes bytes;
  const unsigned rest = regroup(groups, 5, 8, bytes);
  if (rest != 0 || groups.size() * 5 % 8 > 4)
    return malformed("address-bech32", "bech32: the padding is not zero or too long");
  return bytes;
}

}  // namespace ben::bitcoin
