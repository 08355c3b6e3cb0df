// Output descriptors of the two account forms (BIP 380, 382, 386, 389):
//   wpkh([fingerprint/84h/coin h/account h]xpub/<0;1>/*)#checksum
//   tr([fingerprint/86h/coin h/account h]xpub/<0;1>/*)#checksum
#pragma once

#include "bitcoin/account.hpp"

namespace ben::bitcoin {

// The 8 characters after the `#` (BIP 380). Fails with `malformed` (key-descriptor) for a character
// outside BIP 380's set.
Result<std::string> descriptor_checksum(std::string_view descriptor);

[[nodiscard]] std::string encode_descriptor(const Account& account);

}  // namespace ben::bitcoin
