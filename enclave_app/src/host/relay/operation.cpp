#include "relay/operation.hpp"

#include "base/reader.hpp"
#include "base/writer.hpp"

namespace ben::wire {

Result<Persist> parse_persist(ByteView body) {
  constexpr Error bad_form{ErrorCode::malformed, "wire-persist", "persist: not of the known form"};
  Reader reader(body);
  const std::uint8_t kind = reader.u8();
  Persist persist;
  if (kind == persist_wallet) {
    const ByteView sealed_seed = reader.take(reader.u16_be());
    persist.wallet = PersistWallet{.sealed_seed = sealed_seed, .certificate = reader.rest()};
    if (sealed_seed.empty() || sealed_seed.size() > sealed_seed_bytes_max) return bad_form;
    if (persist.wallet->certificate.size() > envelope_bytes_max) return bad_form;
  } else if (kind == persist_policy) {
    persist.policy = reader.rest();
    if (persist.policy->empty() || persist.policy->size() > envelope_bytes_max) return bad_form;
  } else {
    return bad_form;
  }
  if (reader.failed()) return bad_form;
  return persist;
}

Result<KmsDecrypt> parse_kms_decrypt(ByteView body) {
  Reader reader(body);
  const ByteView wrapped_key = reader.take(reader.u16_be());
  const KmsDecrypt call{.wrapped_key = wrapped_key, .document = reader.rest()};
  const bool fits = !reader.failed() && !wrapped_key.empty() && wrapped_key.size() <= wrapped_key_bytes_max &&
                    !call.document.empty() && call.document.size() <= document_bytes_max;
  if (!fits) return Error{ErrorCode::malformed, "wire-kms", "kms: the call is not of the known form"};
  return call;
}

Bytes encode_kms_reply(const KmsReply& reply) {
  return Writer().u8(static_cast<std::uint8_t>(reply.outcome)).bytes(reply.cms).take();
}

}  // namespace ben::wire
