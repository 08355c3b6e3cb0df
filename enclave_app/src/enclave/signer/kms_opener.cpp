#include "signer/kms_opener.hpp"

#include "wire/operation.hpp"
#include "wire/statement.hpp"

namespace ben::signer {

Result<> KmsOpener::prepare() {
  if (recipient_) return Ok{};
  auto key = RsaRecipientKey::generate();
  if (!key) return key.error();
  recipient_ = std::move(*key);
  return Ok{};
}

Result<Question> KmsOpener::ask(const SealedSeed& sealed) {
  if (failed_replies_ >= failed_replies_max) {
    return Error{ErrorCode::refused, "kms-attempts",
                 "kms: too many replies did not open in this boot: find out who alters them, then restart "
                 "the enclave"};
  }
  const auto prepared = prepare();
  if (!prepared) return prepared.error();
  const auto document = nsm_.attestation({.user_data = as_bytes(wire::kms_user_data),
                                          .nonce = {},
                                          .public_key = ByteView(recipient_->spki_der())});
  if (!document) return document.error();
  return Question{
      .type = wire::FrameType::kms_decrypt,
      .body = wire::encode_kms_decrypt({.wrapped_key = sealed.wrapped_data_key, .document = *document})};
}

Result<WalletSeed> KmsOpener::open(const SealedSeed& sealed, ByteView body) {
  const auto reply = wire::parse_kms_reply(body);
  if (!reply) return reply.error();
  switch (reply->outcome) {
    case wire::KmsOutcome::unavailable:
      return Error{
          ErrorCode::unavailable, "kms-unavailable",
          "kms: no answer from KMS: check the host's network, endpoint and credentials, then try again"};
    case wire::KmsOutcome::refused:
      return Error{ErrorCode::refused, "kms-refused",
                   "kms: KMS refused: check that the key is enabled and that its policy admits this image "
                   "(PCR0), this "
                   "config (PCR16) and this role (PCR3)"};
    case wire::KmsOutcome::answered:
      break;
  }
  if (!recipient_)
    return Error{ErrorCode::internal, "kms-internal", "kms: a reply came that nobody asked for"};
  Secret<32> rejection;
  const auto filled = entropy_.fill(rejection.expose_mutable());
  if (!filled) return filled.error();
  const WrapPayload payload = open_kms_reply(*recipient_, reply->cms, rejection);
  recipient_.reset();  // one reply a key
  auto seed = open_sealed_seed(sealed, payload);
  if (!seed) ++failed_replies_;
  return seed;
}

}  // namespace ben::signer
