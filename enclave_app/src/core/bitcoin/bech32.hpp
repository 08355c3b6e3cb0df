// Bech32 and bech32m (BIP 173, BIP 350): text of 5-bit groups with an error-detecting checksum.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ben::bitcoin {

inline constexpr std::size_t bech32_chars_max = 90;

enum class Bech32Variant : std::uint8_t { bech32, bech32m };

struct Bech32 {
  std::string prefix;  // "human-readable part", lower case
  Bytes groups;        // values 0..31, without the checksum
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

}  // namespace ben::bitcoin
