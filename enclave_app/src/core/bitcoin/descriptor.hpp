// Output descriptors of the two account forms (BIP 380, 382, 386, 389):
//   wpkh([fingerprint/84h/coin h/account h]xpub/<0;1>/*)#checksum
//   tr([fingerprint/86h/coin h/account h]xpub/<0;1>/*)#checksum
#pragma once

#include "bitcoin/account.hpp"

namespace ben::bitcoin {

inline constexpr std::size_t descriptor_chars_max = 256;

// The 8 characters after the `#` (BIP 380). Fails with `malformed` (key-descriptor) for a character
// outside BIP 380's set.
Result<std::string> descriptor_checksum(std::string_view descriptor);

[[nodiscard]] std::string encode_descriptor(const Account& account);

// Takes exactly what encode_descriptor writes, of this network, checksum included: one spelling for one
// account, so that pinned text can be compared. Fails with `malformed` (key-descriptor, key-xpub).
Result<Account> parse_descriptor(const Curve& curve, Network network, std::string_view text);

}  // namespace ben::bitcoin
