// Wallet: the private half of the accounts. Holds the branch keys and what BIP 340 needs; the seed and the
// master key are gone once it is made.
#pragma once

#include "bitcoin/account.hpp"

namespace ben::bitcoin {

inline constexpr std::size_t accounts_max = 8;

class Wallet {
 public:
  // Fails with `malformed` (key-accounts): none, over accounts_max, a number of 2^31 or more, or one twice.
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

}  // namespace ben::bitcoin
