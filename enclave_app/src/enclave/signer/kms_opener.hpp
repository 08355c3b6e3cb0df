// KmsOpener: one question to KMS at a time, each reply opened with an RSA key of its own.
#pragma once

#include "sealing/sealed_seed.hpp"
#include "signer/entropy.hpp"
#include "signer/progress.hpp"

namespace ben::signer {

// Replies that did not open, in one boot: a parent that tries more is searching.
inline constexpr int failed_replies_max = 8;

class KmsOpener {
 public:
  KmsOpener(NsmClient& nsm, Entropy& entropy) noexcept : nsm_(nsm), entropy_(entropy) {}

  // Makes the RSA key ahead of time, as that takes up to half a second.
  Result<> prepare();

  // The KMS_DECRYPT question for the data key of a sealed seed: its document names a key that was never used
  // before. Fails with `refused` (kms-attempts) after failed_replies_max, or with nsm-… and kms-….
  Result<Progress> ask(const SealedSeed& sealed);

  // `body`: the KMS_REPLY. Fails with `unavailable` (kms-unavailable) or `refused` (kms-refused), which keep
  // the RSA key; with `malformed` (wire-kms); or with `refused` (seal-open) for whatever is wrong with an
  // answer of KMS.
  Result<WalletSeed> open(const SealedSeed& sealed, ByteView body);

 private:
  NsmClient& nsm_;
  Entropy& entropy_;
  std::optional<RsaRecipientKey> recipient_;
  int failed_replies_ = 0;
};

}  // namespace ben::signer
