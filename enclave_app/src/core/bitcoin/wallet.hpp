// Wallet: the private half of the accounts, and signing with it. Holds the branch keys and what BIP 340
// needs; the seed and the master key are gone once it is made.
#pragma once

#include "bitcoin/review.hpp"

namespace ben::bitcoin {

class Wallet {
 public:
  // `accounts`: different ones, with numbers below 2^31 and so few that a wallet of them is soon made, as
  // policy::parse_accounts gives. Fails as derive_master and derive_child do: for one seed in 2^124.
  static Result<Wallet> derive(const Curve& curve, const Secret<32>& seed, Network network,
                               std::span<const AccountId> accounts);

  // SHA256("ben/wallet/v1" || network name || master public key || chain code): independent of accounts.
  [[nodiscard]] const Hash256& id() const noexcept { return id_; }
  // In the order of the list it was made from.
  [[nodiscard]] const std::vector<Account>& accounts() const noexcept { return accounts_; }

  // The private key of a path. Fails with `refused`: key-path for an account that is not there, key-hardened
  // for an index of 2^31 or more.
  Result<PrivateKey> derive_key(const Curve& curve, const KeyPath& path) const;
  // The script of a path and its key, by way of the private key: k*G takes less time than adding to a point.
  // Fails like derive_key.
  Result<DerivedScript> derive_script(const Curve& curve, const KeyPath& path) const;
  // Both for a review; wallet and curve have to outlive it.
  [[nodiscard]] OwnKeys own_keys(const Curve& curve) const;
  // BIP 340's auxiliary bytes: SHA256(K_aux || sighash), K_aux = HKDF(seed, "ben/aux/v1").
  [[nodiscard]] Hash256 auxiliary(const Hash256& sighash) const noexcept;

 private:
  Wallet() = default;

  Hash256 id_{};
  std::vector<Account> accounts_;
  std::vector<std::array<ExtendedPrivateKey, 2>> branch_keys_;  // of accounts_, receive and change
  Secret<32> auxiliary_key_;
};

// Signs every input of a reviewed PSBT and returns the PSBT with one field more for each: TAP_KEY_SIG for
// P2TR (64 bytes, or 65 where the PSBT asks for SIGHASH_ALL), PARTIAL_SIG for all others (RFC 6979, low R,
// SIGHASH_ALL). No scriptSig or witness is made of them. The same review gives the same bytes.
// `wallet` is that whose accounts the review was made with. Each signature is verified with the key of the
// review first; on any failure nothing is released: `internal` (key-signature), `refused` (key-path).
Result<Bytes> sign_reviewed(const Curve& curve, const Wallet& wallet, const Review& review);

}  // namespace ben::bitcoin
