// Compares a signed PSBT with the one that was sent: the same, plus one valid signature for each input.
#pragma once

#include "bitcoin/review.hpp"

namespace ben::cli {

// `signed_psbt`: what the signer returned for `review`'s PSBT. Stops (answer-psbt) unless it is, byte for
// byte, the PSBT that was asked for with one signature added to each input, valid for the key that the
// wallet's descriptors give for the spent coin.
void check_signed_psbt(const bitcoin::Curve& curve, const bitcoin::Review& review, const Bytes& signed_psbt);

}  // namespace ben::cli
