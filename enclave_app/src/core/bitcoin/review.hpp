// Review: what a PSBT really does, worked out from its bytes and our accounts, under the hard rules that hold
// whatever the policy says.
#pragma once

#include "bitcoin/account.hpp"
#include "bitcoin/psbt.hpp"
#include "bitcoin/sighash.hpp"

namespace ben::bitcoin {

// Bitcoin Core's defaults of -maxtxfee and maxfeerate: a larger fee is a mistake or a theft.
inline constexpr std::uint64_t fee_sats_max = 10'000'000;
inline constexpr std::uint64_t fee_rate_sats_per_vbyte_max = 10'000;

// A coin of ours that the transaction spends. Its script was derived from `path`, not believed.
struct ReviewedInput {
  KeyPath path;
  PublicKey key;  // of the path, before any taproot tweak
  std::uint64_t amount_sats = 0;
  Script script;
  SighashType sighash = SighashType::all;
};

// An output that does not come back to an internal branch of ours.
struct Destination {
  std::size_t output = 0;  // position in the transaction
  std::uint64_t amount_sats = 0;
  Script script;
  bool is_self = false;  // a receive address of ours
};

struct Review {
  Psbt psbt;
  std::vector<ReviewedInput> inputs;  // one for each of the transaction, in order
  std::vector<Destination> destinations;
  std::uint64_t input_sats = 0;
  std::uint64_t change_sats = 0;  // what comes back to internal branches of ours
  std::uint64_t fee_sats = 0;
  std::uint64_t outflow_sats = 0;             // inputs less change: the fee is inside
  std::uint64_t vsize_min = 0;                // vbytes, with the witnesses we make
  std::uint64_t fee_rate_sats_per_vbyte = 0;  // of vsize_min, rounded up
  Hash256 txid{};
  // SHA256(unsigned transaction || for each input: amount u64 little-endian, compact size, scriptPubKey).
  // Commits to the amounts, which the txid does not.
  Hash256 decision_key{};
};

// `index_max`: an output above this index, on either branch, is not recognized as ours.
// Fails with `malformed` (psbt-transaction) for a non_witness_utxo that is no transaction, and with
// `refused`:
// - psbt-empty: no inputs or no outputs
// - psbt-input-nested: an input has a redeem or witness script, which none of our forms has
// - psbt-input-signed: an input carries a signature or is final already
// - psbt-duplicate-input: two inputs spend one outpoint
// - psbt-parent-mismatch: non_witness_utxo is not the transaction of the prevout, or lacks the output
// - psbt-utxo-mismatch: witness_utxo is not what non_witness_utxo says
// - psbt-missing-utxo: neither of the two, or taproot without witness_utxo
// - psbt-missing-parent: another input than taproot without non_witness_utxo
// - psbt-input-script: a spent script that is not P2WPKH or P2TR
// - psbt-sighash: another signature hash type than ALL, or DEFAULT for taproot
// - psbt-input-foreign: no hint names a path of ours, or the first that does derives to another script
// - psbt-amount: an amount or a sum over 21 million BTC, or outputs over inputs
// - psbt-fee: over fee_sats_max
// - psbt-fee-rate: over fee_rate_sats_per_vbyte_max
Result<Review> review_psbt(const OwnKeys& keys, Psbt psbt, std::uint32_t index_max);

}  // namespace ben::bitcoin
