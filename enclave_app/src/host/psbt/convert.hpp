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

// Takes version 2. Fails as bitcoin::Psbt::parse does, with `malformed` (psbt-version) for version 0, and
// with `refused` (psbt-silent-payment) for fields of BIP 375.
Result<Version0> convert_to_version_0(Bytes psbt);

// Takes version 0. Fails as bitcoin::Psbt::parse does, also where the result, which is larger, is over a
// limit, with `malformed` (psbt-version) for version 2, and with `refused` (psbt-silent-payment) for a field
// that would come to be one of BIP 375.
Result<Bytes> convert_to_version_2(Bytes psbt);

}  // namespace ben::psbt
