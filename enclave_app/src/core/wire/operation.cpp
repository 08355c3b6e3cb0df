#include "wire/operation.hpp"

#include "base/reader.hpp"
#include "base/writer.hpp"

namespace ben::wire {
Bytes encode_persist(const PersistWallet& wallet) {
  return Writer()
      .u8(persist_wallet)
      .u16_be(static_cast<std::uint16_t>(wallet.sealed_seed.size()))
      .bytes(wallet.sealed_seed)
      .bytes(wallet.certificate)
      .take();
}

Bytes encode_persist_policy(ByteView policy) { return Writer().u8(persist_policy).bytes(policy).take(); }

Bytes encode_kms_decrypt(const KmsDecrypt& call) {
  return Writer()
      .u16_be(static_cast<std::uint16_t>(call.wrapped_key.size()))
      .bytes(call.wrapped_key)
      .bytes(call.document)
      .take();
}

Result<KmsReply> parse_kms_reply(ByteView body) {
  Reader reader(body);
  const KmsReply reply{.outcome = static_cast<KmsOutcome>(reader.u8()), .cms = reader.rest()};
  const bool fits = !reader.failed() && reply.outcome <= KmsOutcome::refused &&
                    reply.cms.size() <= (reply.outcome == KmsOutcome::answered ? cms_bytes_max : 0);
  if (!fits) return malformed("wire-kms", "kms: the reply is not of the known form");
  return reply;
}

}  // namespace ben::wire
