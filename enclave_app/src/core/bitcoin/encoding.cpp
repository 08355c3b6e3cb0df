#include "bitcoin/encoding.hpp"

#include "crypto/hash.hpp"

namespace ben::bitcoin {
namespace {

constexpr std::string_view base58_alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t base58_checksum_bytes = 4;

// `digits` = digits * from + carry, with digits of base `to`, the lowest first.
void multiply_add(Bytes& digits, unsigned from, unsigned to, unsigned carry) {
  for (std::uint8_t& digit : digits) {
    carry += digit * from;
    digit = static_cast<std::uint8_t>(carry % to);
    carry /= to;
  }
  for (; carry > 0; carry /= to) digits.push_back(static_cast<std::uint8_t>(carry % to));
}

constexpr std::string_view bech32_alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t bech32_checksum_chars = 6;
constexpr std::size_t descriptor_checksum_chars = 8;

// A checksum of 5-bit symbols: a BCH code, of BIP 173 or BIP 380.
struct Bch {
  std::size_t chars;  // the checksum's
  std::array<std::uint64_t, 5> generator;
  std::uint64_t state = 1;

  void feed(unsigned symbol) noexcept {
    const std::size_t kept_bits = 5 * (chars - 1);
    const std::uint64_t top = state >> kept_bits;
    state = ((state ^ (top << kept_bits)) << 5U) ^ symbol;
    for (std::size_t i = 0; i < generator.size(); ++i) {
      if (((top >> i) & 1U) != 0) state ^= generator[i];
    }
  }
};

// `sum` as text, the highest symbol first.
std::string encode_symbols(std::uint64_t sum, std::size_t chars) {
  std::string text;
  for (; chars > 0; --chars) text.push_back(bech32_alphabet[(sum >> (5 * (chars - 1))) & 31U]);
  return text;
}

constexpr std::uint64_t constant_of(Bech32Variant variant) noexcept {
  return variant == Bech32Variant::bech32 ? 1U : 0x2bc830a3U;
}

// Over the prefix as BIP 173 expands it, and then the groups.
std::uint64_t bech32_checksum(std::string_view prefix, ByteView groups) noexcept {
  Bch code{.chars = bech32_checksum_chars,
           .generator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}};
  for (const char character : prefix) code.feed(static_cast<unsigned char>(character) >> 5U);
  code.feed(0);
  for (const char character : prefix) code.feed(static_cast<unsigned char>(character) & 31U);
  for (const std::uint8_t group : groups) code.feed(group);
  return code.state;
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

std::string encode_base58(ByteView bytes) {
  Bytes digits;
  for (const std::uint8_t byte : bytes) multiply_add(digits, 256, 58, byte);
  const auto zeros = std::find_if(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != 0; });
  std::string text(static_cast<std::size_t>(zeros - bytes.begin()), base58_alphabet[0]);
  for (std::size_t i = digits.size(); i > 0; --i) text.push_back(base58_alphabet[digits[i - 1]]);
  return text;
}

Result<Bytes> parse_base58(std::string_view text) {
  const Error bad_form = malformed("address-base58", "base58: a foreign character, or too long");
  if (text.size() > base58_chars_max) return bad_form;
  Bytes digits;
  for (const char character : text) {
    const std::size_t value = base58_alphabet.find(character);
    if (value == std::string_view::npos) return bad_form;
    multiply_add(digits, 58, 256, static_cast<unsigned>(value));
  }
  const std::size_t zeros = std::min(text.find_first_not_of(base58_alphabet[0]), text.size());
  digits.insert(digits.end(), zeros, 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string encode_base58check(ByteView payload) {
  Bytes bytes = to_bytes(payload);
  const Hash256 hash = sha256d(payload);
  bytes.insert(bytes.end(), hash.begin(), hash.begin() + base58_checksum_bytes);
  return encode_base58(bytes);
}

Result<Bytes> parse_base58check(std::string_view text) {
  BEN_TRY(auto bytes, parse_base58(text));
  const std::size_t size = bytes.size() - std::min(bytes.size(), base58_checksum_bytes);
  const Hash256 hash = sha256d(ByteView(bytes).first(size));
  if (!equal(ByteView(bytes).subspan(size), ByteView(hash).first(base58_checksum_bytes)))
    return malformed("address-base58", "base58: the checksum does not match");
  bytes.resize(size);
  return bytes;
}

std::string encode_bech32(const Bech32& content) {
  Bytes groups = content.groups;
  groups.resize(groups.size() + bech32_checksum_chars);
  const std::uint64_t sum = bech32_checksum(content.prefix, groups) ^ constant_of(content.variant);
  std::string text = content.prefix + '1';
  for (const std::uint8_t group : content.groups) text.push_back(bech32_alphabet[group]);
  return text + encode_symbols(sum, bech32_checksum_chars);
}

Result<Bech32> parse_bech32(std::string_view text) {
  const Error bad_form = malformed("address-bech32", "bech32: not of the form prefix 1 data checksum");
  if (text.size() > bech32_chars_max) return bad_form;
  std::string lower(text);
  bool has_lower = false;
  for (char& c : lower) {
    if (c < 33 || c > 126) return bad_form;
    has_lower |= c >= 'a' && c <= 'z';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (has_lower && lower != text) return malformed("address-bech32", "bech32: mixed case");
  const std::size_t separator = lower.rfind('1');
  if (separator == std::string::npos || separator == 0 ||
      separator + 1 + bech32_checksum_chars > lower.size())
    return bad_form;

  Bech32 content{.prefix = lower.substr(0, separator), .groups = {}, .variant = Bech32Variant::bech32};
  for (std::size_t i = separator + 1; i < lower.size(); ++i) {
    const std::size_t value = bech32_alphabet.find(lower[i]);
    if (value == std::string_view::npos) return bad_form;
    content.groups.push_back(static_cast<std::uint8_t>(value));
  }
  const std::uint64_t sum = bech32_checksum(content.prefix, content.groups);
  if (sum == constant_of(Bech32Variant::bech32m)) content.variant = Bech32Variant::bech32m;
  if (sum != constant_of(content.variant))
    return malformed("address-bech32", "bech32: the checksum does not match");
  content.groups.resize(content.groups.size() - bech32_checksum_chars);
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

Result<std::string> descriptor_checksum(std::string_view descriptor) {
  constexpr std::string_view characters =
      "0123456789()[],'/*abcdefgh@:$%{}"
      "IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~"
      "ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";
  Bch code{.chars = descriptor_checksum_chars,
           .generator = {0xf5dee51989, 0xa9fdca3312, 0x1bab10e32d, 0x3706b1677a, 0x644d626ffd}};
  unsigned high_bits = 0;
  unsigned count = 0;
  for (const char character : descriptor) {
    const std::size_t position = characters.find(character);
    if (position == std::string_view::npos)
      return malformed("key-descriptor", "descriptor: a character outside BIP 380's set");
    code.feed(position & 31U);
    high_bits = high_bits * 3 + static_cast<unsigned>(position >> 5U);
    if (++count % 3 != 0) continue;
    code.feed(high_bits);
    high_bits = 0;
  }
  if (count % 3 != 0) code.feed(high_bits);
  for (std::size_t i = 0; i < code.chars; ++i) code.feed(0);
  return encode_symbols(code.state ^ 1U, code.chars);
}

}  // namespace ben::bitcoin
