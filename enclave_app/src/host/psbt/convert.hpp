// PSBT of version 0 (BIP 174) from version 2 (BIP 370), and back. Every field that both versions have is kept
// byte for byte, known or not, in its order within its map.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ben::psbt {

struct Version0 {
  Bytes psbt;
  // What version 0 cannot say. Without it nobody may add to the transaction, and its lock time is fixed.
  bool lost_modifiable = false;           // inputs or outputs could have been added or removed
  bool lost_required_lock_times = false;  // the inputs' reasons for the lock time
};

// Fails with `malformed` as bitcoin::Psbt::parse and parse_version_2_maps do, with psbt-missing for a field
// that version 2 wants, and with psbt-field for one of a wrong size or value; with `refused`: psbt-lock-time
// (the inputs want both a height and a time), psbt-silent-payment (fields of BIP 375).
Result<Version0> convert_to_version_0(ByteView psbt);

// Takes version 0. Fails as bitcoin::Psbt::parse does, and with psbt-limit where the result, which is larger,
// is over a limit of its own.
Result<Bytes> convert_to_version_2(ByteView psbt);

}  // namespace ben::psbt
