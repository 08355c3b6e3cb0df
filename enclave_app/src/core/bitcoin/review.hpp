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

// Before segwit each signature hashes the whole transaction: so much, all P2PKH inputs together. A
// transaction that nodes relay, of at most 400,000 weight, stays below it whatever its inputs are.
inline constexpr std::uint64_t legacy_sighash_bytes_max = 25'000'000;

// A coin of ours that the transaction spends. Its key and script were derived from `path`, not believed.
struct ReviewedInput {
  KeyPath path;
  Purpose purpose = Purpose::p2wpkh;
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
  std::uint64_t vsize_min = 0;                // vbytes, with the scriptSigs and witnesses that we make
  std::uint64_t fee_rate_sats_per_vbyte = 0;  // of vsize_min, rounded up
  // Nothing where an input is P2PKH or P2SH-P2WPKH: the scriptSig, which is written last, is part of the id.
  std::optional<Hash256> txid;
  // SHA256(unsigned transaction || for each input: amount u64 little-endian, compact size, scriptPubKey).
  // Commits to the amounts, which the txid does not.
  Hash256 decision_key{};
};

// `index_max`: an output above this index, on either branch, is not recognized as ours.
// Fails with `malformed` (psbt-transaction) for a non_witness_utxo that is no transaction, and with
// `refused`:
// - psbt-empty: no inputs or no outputs
// - psbt-input-signed: an input carries a signature or is final already
// - psbt-duplicate-input: two inputs spend one outpoint
// - psbt-parent-mismatch: non_witness_utxo is not the transaction of the prevout, or lacks the output
// - psbt-utxo-mismatch: witness_utxo is not what non_witness_utxo says
// - psbt-missing-utxo: neither of the two, or taproot without witness_utxo
// - psbt-missing-parent: another input than taproot without non_witness_utxo
// - psbt-legacy-witness: P2PKH with witness_utxo, which BIP 174 forbids
// - psbt-input-script: a spent script of none of our forms
// - psbt-legacy-limit: P2PKH inputs times the transaction's bytes is over legacy_sighash_bytes_max
// - psbt-sighash: another signature hash type than ALL, or DEFAULT for taproot
// - psbt-input-foreign: no hint names a path of ours, or the first that does derives to another script
// - psbt-input-nested: a witness script, or a redeem script where the form has none
// - psbt-redeem-script: P2SH-P2WPKH without its redeem script, or with another
// - psbt-amount: an amount or a sum over 21 million BTC, or outputs over inputs
// - psbt-fee: over fee_sats_max
// - psbt-fee-rate: over fee_rate_sats_per_vbyte_max
Result<Review> review_psbt(const OwnKeys& keys, Psbt psbt, std::uint32_t index_max);

// What the signature of each input is made over, in their order.
[[nodiscard]] std::vector<Hash256> signature_hashes(const Review& review);

}  // namespace ben::bitcoin
