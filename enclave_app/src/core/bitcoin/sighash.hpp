// Signature hashes: what a signature commits to, before segwit and after (BIP 143, BIP 341).
#pragma once

#include "bitcoin/transaction.hpp"

namespace ben::bitcoin {

// The types that fix every input and every output; the others let the host change what was approved.
enum class SighashType : std::uint8_t {
  taproot_default = 0x00,  // BIP 341 only
  all = 0x01,
};

// The hashes that all inputs of one transaction share, computed once. Keeps views: transaction and spent
// outputs have to outlive it.
class SignatureHasher {
 public:
  // `spent`: the output each input spends, in the order of the inputs, as many as those.
  SignatureHasher(const Transaction& transaction, std::span<const TransactionOutput> spent);

  // SIGHASH_ALL before segwit, of a transaction without scriptSigs: hashes all of it again for each input.
  // `script_code`, here and below, without its size: for a key's hash, in whatever form, the P2PKH script.
  [[nodiscard]] Hash256 legacy(std::size_t input, ByteView script_code) const;
  // BIP 143 with SIGHASH_ALL.
  [[nodiscard]] Hash256 segwit_v0(std::size_t input, ByteView script_code) const;
  // BIP 341: key path, no annex.
  [[nodiscard]] Hash256 taproot_key_path(std::size_t input, SighashType type) const;

 private:
  const Transaction* transaction_;
  std::span<const TransactionOutput> spent_;
  Bytes segwit_start_;    // BIP 143's preimage before the outpoint
  Bytes segwit_end_;      // and after the sequence
  Bytes taproot_shared_;  // BIP 341's preimage between the hash type and the spend type
};

}  // namespace ben::bitcoin
