// Texts with a checksum: base58check, of legacy addresses and extended keys; bech32 and bech32m (BIP 173, BIP
// 350), of witness addresses; descriptors (BIP 380).
#pragma once

#include "base/result.hpp"

namespace ben::bitcoin {

// An extended key has 111 characters. Conversion takes time in the square of the size, so it is bounded.
inline constexpr std::size_t base58_chars_max = 128;

[[nodiscard]] std::string encode_base58(ByteView bytes);
// Fails with `malformed` (address-base58) for another character or more than base58_chars_max of them.
Result<Bytes> parse_base58(std::string_view text);

// The same with the first four bytes of the double SHA-256 at the end.
[[nodiscard]] std::string encode_base58check(ByteView payload);
// Fails as above, and with `malformed` (address-base58) for a wrong checksum.
Result<Bytes> parse_base58check(std::string_view text);

inline constexpr std::size_t bech32_chars_max = 90;

enum class Bech32Variant : std::uint8_t { bech32, bech32m };

struct Bech32 {
  std::string prefix;  // "human-readable part", lower case
  Bytes groups;        // of 5 bits: values 0..31, without the checksum
  Bech32Variant variant = Bech32Variant::bech32;
};

// `groups` has values 0..31 only.
[[nodiscard]] std::string encode_bech32(const Bech32& content);
// Fails with `malformed` (address-bech32): mixed case, a foreign character, no separator, over
// bech32_chars_max, or a checksum of neither variant.
Result<Bech32> parse_bech32(std::string_view text);

// Bytes as 5-bit groups, with zero bits at the end, and back. Fails with `malformed` (address-bech32) for
// more than four bits at the end, or one that is not zero.
[[nodiscard]] Bytes to_groups(ByteView bytes);
Result<Bytes> from_groups(ByteView groups);

// The 8 characters after a descriptor's `#`. Fails with `malformed` (key-descriptor) for a character outside
// BIP 380's set.
Result<std::string> descriptor_checksum(std::string_view descriptor);

}  // namespace ben::bitcoin
