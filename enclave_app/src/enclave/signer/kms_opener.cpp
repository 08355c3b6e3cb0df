#include "signer/kms_opener.hpp"

#include "wire/rpc.hpp"

namespace ben::signer {

Result<> KmsOpener::prepare() {
  if (recipient_) return Ok{};
  BEN_TRY(auto key, RsaRecipientKey::generate());
  recipient_ = std::move(key);
  return Ok{};
}

Result<Progress> KmsOpener::ask(const SealedSeed& sealed) {
  if (failed_replies_ >= failed_replies_max) {
    return refused("kms-attempts",
                   "kms: too many replies did not open in this boot: find out who alters them, then restart "
                   "the enclave");
  }
  BEN_TRY(prepare());
  BEN_TRY(const auto document, nsm_.attestation({.user_data = as_bytes(wire::kms_user_data),
                                                 .nonce = {},
                                                 .public_key = ByteView(recipient_->spki_der())}));
  return Progress(Question{
      .type = wire::FrameType::kms_decrypt,
      .body = wire::encode_kms_decrypt({.wrapped_key = sealed.wrapped_data_key, .document = document})});
}

Result<WalletSeed> KmsOpener::open(const SealedSeed& sealed, ByteView body) {
  BEN_TRY(const auto reply, wire::parse_kms_reply(body));
  if (reply.outcome == wire::KmsOutcome::unavailable) {
    return unavailable(
        "kms-unavailable",
        "kms: no answer from KMS: check the host's network, endpoint and credentials, then try again");
  }
  if (reply.outcome == wire::KmsOutcome::refused) {
    return refused(
        "kms-refused",
        "kms: KMS refused: check that the key is enabled and that its policy admits this image (PCR0), "
        "this config (PCR16) and this role (PCR3)");
  }
  if (!recipient_) return internal("kms-internal", "kms: a reply came that nobody asked for");
  BEN_TRY(const auto rejection, entropy_.draw<32>());
  const WrapPayload payload = open_kms_reply(*recipient_, reply.cms, rejection);
  recipient_.reset();  // one reply a key
  auto seed = open_sealed_seed(sealed, payload);
  if (!seed) ++failed_replies_;
  return seed;
}

}  // namespace ben::signer
