// Output descriptors of the account forms (BIP 380, 381, 382, 386, 389), each with its checksum:
//   pkh([fingerprint/44h/coin h/account h]xpub/<0;1>/*)#checksum
//   sh(wpkh([fingerprint/49h/…]xpub/<0;1>/*)), wpkh([fingerprint/84h/…]…) and tr([fingerprint/86h/…]…)
#pragma once

#include "bitcoin/account.hpp"

namespace ben::bitcoin {

// The 8 characters after the `#` (BIP 380). Fails with `malformed` (key-descriptor) for a character
// outside BIP 380's set.
Result<std::string> descriptor_checksum(std::string_view descriptor);

// "84h/1h/0h"
[[nodiscard]] std::string encode_account_path(const Account& account);
[[nodiscard]] std::string encode_descriptor(const Account& account);

}  // namespace ben::bitcoin
