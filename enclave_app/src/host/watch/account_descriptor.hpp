// Watching an account from outside: addresses from its pinned descriptor, without asking the signer.
#pragma once

#include <string_view>

#include "bitcoin/account.hpp"

namespace ben::watch {

inline constexpr std::size_t descriptor_chars_max = 256;

// Takes exactly what bitcoin::encode_descriptor writes for this network, checksum included: one spelling for
// one account, so that pinned text can be compared. Then derive_script (watch/derivation.hpp) gives a script
// and encode_address its address. Fails with `malformed` (key-descriptor, key-expression,
// key-xpub) or, for a private key, with `refused` (key-expression-private).
Result<bitcoin::Account> parse_descriptor(const bitcoin::Curve& curve, bitcoin::Network network,
                                          std::string_view text);

}  // namespace ben::watch
