#include "bitcoin/base58.hpp"

#include "crypto/hash.hpp"

namespace ben::bitcoin {
namespace {

constexpr std::string_view alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t checksum_bytes = 4;

// `digits` = digits * from + carry, with digits of base `to`, the lowest first.
void multiply_add(Bytes& digits, unsigned from, unsigned to, unsigned carry) {
  for (std::uint8_t& digit : digits) {
    carry += digit * from;
    digit = static_cast<std::uint8_t>(carry % to);
    carry /= to;
  }
  for (; carry > 0; carry /= to) digits.push_back(static_cast<std::uint8_t>(carry % to));
}

}  // namespace

std::string encode_base58(ByteView bytes) {
  Bytes digits;
  for (const std::uint8_t byte : bytes) multiply_add(digits, 256, 58, byte);
  const auto zeros = std::find_if(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != 0; });
  std::string text(static_cast<std::size_t>(zeros - bytes.begin()), alphabet[0]);
  for (std::size_t i = digits.size(); i > 0; --i) text.push_back(alphabet[digits[i - 1]]);
  return text;
}

Result<Bytes> parse_base58(std::string_view text) {
  const Error bad_form = malformed("address-base58", "base58: a foreign character, or too long");
  if (text.size() > base58_chars_max) return bad_form;
  Bytes digits;
  for (const char character : text) {
    const std::size_t value = alphabet.find(character);
    if (value == std::string_view::npos) return bad_form;
    multiply_add(digits, 58, 256, static_cast<unsigned>(value));
  }
  const std::size_t zeros = std::min(text.find_first_not_of(alphabet[0]), text.size());
  digits.insert(digits.end(), zeros, 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string encode_base58check(ByteView payload) {
  Bytes bytes = to_bytes(payload);
  const Hash256 hash = sha256d(payload);
  bytes.insert(bytes.end(), hash.begin(), hash.begin() + checksum_bytes);
  return encode_base58(bytes);
}

Result<Bytes> parse_base58check(std::string_view text) {
  BEN_TRY(auto bytes, parse_base58(text));
  const Error bad_checksum = malformed("address-base58", "base58: the checksum does not match");
  if (bytes.size() < checksum_bytes) return bad_checksum;
  const ByteView payload = ByteView(bytes).first(bytes.size() - checksum_bytes);
  const Hash256 hash = sha256d(payload);
  if (!equal(ByteView(bytes).last(checksum_bytes), ByteView(hash).first(checksum_bytes))) return bad_checksum;
  bytes.resize(payload.size());
  return bytes;
}

}  // namespace ben::bitcoin
