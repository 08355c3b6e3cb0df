// Custody: how a wallet comes to be in this enclave, and when it may be used.
//
// EMPTY -> LOCKED by genesis or unseal; LOCKED -> ARMED by the wallet certificate of m admins, as encryption
// to the KMS key proves nothing about who encrypted. Docs: docs/protocol.md section 4, docs/architecture.md.
#pragma once

#include "bitcoin/wallet.hpp"
#include "signer/boot.hpp"
#include "signer/kms_opener.hpp"
#include "wire/rpc.hpp"

namespace ben::signer {

class Custody {
 public:
  // `keys`, `config` and `entropy` have to outlive the custody.
  Custody(const BootKeys& keys, const MeasuredConfig& config, NsmClient& nsm, Entropy& entropy) noexcept
      : keys_(keys), config_(config), entropy_(entropy), opener_(nsm, entropy) {}

  // Makes what the first question to KMS needs.
  Result<> prepare();

  // A new seed. `payload`: the signed request's bytes; the same ones again give the same answer.
  // Fails with `refused`: state-not-empty, auth-boot, auth-config; or with the errors of KmsOpener.
  Result<Progress> genesis(const wire::SignedRequest& request, ByteView payload);

  // `certificate`: nullptr where there is none yet. Fails with `refused`: state-not-empty, seal-config,
  // seal-image, seal-wallet, seal-certificate, auth-…; or with the errors of KmsOpener.
  Result<Progress> unseal(ByteView sealed_seed, const wire::Envelope* certificate);

  // Fails with `refused`: state-empty, seal-wallet, seal-certificate, auth-….
  Result<Progress> certify(const wire::Envelope& certificate);

  // Goes on with the KMS_REPLY that the last Question asked for.
  Result<Progress> kms_replied(ByteView body);

  // The broker has stored what the last Question asked it to.
  Progress stored();

  // Drops what is under way, its seed included.
  void abandon() noexcept { pending_.reset(); }

  [[nodiscard]] std::string_view state() const noexcept;               // EMPTY, LOCKED or ARMED
  [[nodiscard]] const bitcoin::Wallet* armed_wallet() const noexcept;  // nullptr unless ARMED
  [[nodiscard]] std::optional<Hash256> wallet_id() const noexcept;
  [[nodiscard]] std::string_view origin() const noexcept;  // empty unless ARMED

 private:
  struct Held {
    bitcoin::Wallet wallet;
    Bytes sealed_seed;        // empty without KMS
    std::string certificate;  // envelope JSON; empty: not certified
  };

  // One operation under way: first KMS opens the sealed seed, then the broker stores it.
  struct Pending {
    std::optional<Hash256> payload_hash;  // genesis alone
    std::optional<WalletSeed> seed;       // genesis: what KMS has to give back
    Bytes sealed_seed;
    SealedSeed sealed;  // views into sealed_seed
    std::string certificate;
    std::optional<bitcoin::Wallet> wallet;  // what KMS opened: held_ once it is stored
  };

  Result<Progress> ask_kms(Bytes sealed_seed);
  Progress hold();
  Result<bitcoin::Wallet> derive(const WalletSeed& seed) const;
  Result<std::string> checked_certificate(const wire::Envelope& certificate, const Hash256& wallet_id) const;
  [[nodiscard]] ResultJson genesis_result() const;
  [[nodiscard]] ResultJson state_result() const;

  const BootKeys& keys_;
  const MeasuredConfig& config_;
  Entropy& entropy_;
  KmsOpener opener_;
  std::optional<Held> held_;
  std::optional<Hash256> genesis_payload_hash_;  // of the genesis that made held_
  std::optional<Pending> pending_;
};

}  // namespace ben::signer
