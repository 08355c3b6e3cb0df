#include "wire/dsse.hpp"

#include "base/base64.hpp"
#include "base/writer.hpp"
#include "crypto/hash.hpp"
#include "json/object_reader.hpp"
#include "json/writer.hpp"

namespace ben::wire {
namespace {

constexpr std::size_t payload_type_bytes_max = 128;
constexpr std::size_t key_id_digits = 16;
constexpr std::size_t base64_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

constexpr StaticText bad_envelope = "dsse: not an envelope of payloadType, payload and 1 to 32 signatures";

}  // namespace

std::string key_id(const Ed25519PublicKey& key) { return encode_hex(sha256(key)).substr(0, key_id_digits); }

Bytes pre_authentication_encoding(std::string_view payload_type, ByteView payload) {
  Writer writer(payload.size() + payload_type.size() + 32);
  writer.text("DSSEv1 ").text(std::to_string(payload_type.size())).text(" ").text(payload_type);
  writer.text(" ").text(std::to_string(payload.size())).text(" ").bytes(payload);
  return writer.take();
}

Result<Envelope> parse_envelope(const json::Value& value) {
  json::ObjectReader reader(value);
  Envelope envelope;
  envelope.payload_type = reader.text("payloadType", payload_type_bytes_max);
  auto payload = parse_base64(reader.text("payload", base64_size(payload_bytes_max)));
  if (!payload || payload->size() > payload_bytes_max) reader.fail("payload");
  for (const json::Value& item : reader.array("signatures", signatures_max)) {
    json::ObjectReader signature_reader(item);
    const std::string_view key_id = signature_reader.text("keyid", key_id_digits);
    const auto signature = parse_base64(signature_reader.text("sig", base64_size(sizeof(Ed25519Signature))));
    if (!signature || signature->size() != sizeof(Ed25519Signature)) signature_reader.fail("sig");
    BEN_TRY(signature_reader.finish("auth-envelope", bad_envelope));
    envelope.signatures.push_back({.key_id = std::string(key_id), .signature = to_array<64>(*signature)});
  }
  if (envelope.signatures.empty()) reader.fail("signatures");
  BEN_TRY(reader.finish("auth-envelope", bad_envelope));
  envelope.payload = std::move(*payload);
  return envelope;
}

std::string encode_envelope(const Envelope& envelope) {
  json::ArrayWriter signatures;
  for (const EnvelopeSignature& signature : envelope.signatures) {
    signatures.raw(json::ObjectWriter()
                       .text("keyid", signature.key_id)
                       .text("sig", encode_base64(signature.signature))
                       .finish());
  }
  return json::ObjectWriter()
      .text("payloadType", envelope.payload_type)
      .text("payload", encode_base64(envelope.payload))
      .raw("signatures", signatures.finish())
      .finish();
}

Result<std::vector<Ed25519PublicKey>> verify_envelope(const Envelope& envelope, std::string_view payload_type,
                                                      std::span<const Ed25519PublicKey> keys,
                                                      std::size_t threshold) {
  if (envelope.payload_type != payload_type)
    return refused("auth-type", "auth: the envelope is of another payload type");
  const Bytes message = pre_authentication_encoding(envelope.payload_type, envelope.payload);
  std::vector<Ed25519PublicKey> signers;
  for (const EnvelopeSignature& signature : envelope.signatures) {
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return key_id(k) == signature.key_id; });
    if (key == keys.end()) return refused("auth-key", "auth: a signature is by a key that is not listed");
    if (std::find(signers.begin(), signers.end(), *key) != signers.end())
      return refused("auth-duplicate", "auth: a key signed twice");
    if (!ed25519_verify(*key, message, signature.signature))
      return refused("auth-signature", "auth: a signature is not valid for this payload");
    signers.push_back(*key);
  }
  if (signers.size() < threshold) return refused("auth-threshold", "auth: too few signatures");
  return signers;
}

}  // namespace ben::wire
