// Base58 and base58check: the text of legacy addresses and of extended keys.
#pragma once

#include "base/bytes.hpp"
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

}  // namespace ben::bitcoin
