// Signing: the last step, after review and policy.
#pragma once

#include "bitcoin/review.hpp"
#include "bitcoin/wallet.hpp"

namespace ben::bitcoin {

// Signs every input of a reviewed PSBT and returns the PSBT with one field more for each: TAP_KEY_SIG for
// P2TR (64 bytes, or 65 where the PSBT asks for SIGHASH_ALL), PARTIAL_SIG for all others (RFC 6979, low R,
// SIGHASH_ALL). No scriptSig or witness is made of them. The same review gives the same bytes.
// `wallet` is that whose accounts the review was made with. Each signature is verified with the key of the
// review first; on any failure nothing is released: `internal` (key-signature), `refused` (key-path).
Result<Bytes> sign_reviewed(const Curve& curve, const Wallet& wallet, const Review& review);

}  // namespace ben::bitcoin
