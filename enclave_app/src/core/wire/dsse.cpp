#include "wire/dsse.hpp"

#include "base/base64.hpp"
#include "base/writer.hpp"
#include "crypto/hash.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace ben::wire {

constexpr std::size_t key_id_digits = 16;

std::string key_id(const Ed25519PublicKey& key) { return encode_hex(sha256(key)).substr(0, key_id_digits); }

Bytes pre_authentication_encoding(std::string_view payload_type, ByteView payload) {
  Writer writer(payload.size() + payload_type.size() + 32);
  writer.text("DSSEv1 ").text(std::to_string(payload_type.size())).text(" ").text(payload_type);
  writer.text(" ").text(std::to_string(payload.size())).text(" ").bytes(payload);
  return writer.take();
}

Result<Envelope> parse_envelope(const json::Value& value) {
  constexpr StaticText want = "dsse: not an envelope of payloadType, payload and 1 to 32 signatures";
  json::ObjectReader reader(value);
  Envelope envelope;
  envelope.payload_type = reader.text("payloadType", 128);
  auto payload = parse_base64(reader.text("payload", 2 * payload_bytes_max));
  if (!payload || payload->size() > payload_bytes_max) reader.fail("payload");
  for (const json::Value& item : reader.array("signatures", signatures_max)) {
    json::ObjectReader members(item);
    std::string key_id(members.text("keyid", key_id_digits));
    const auto signature = parse_base64(members.text("sig", 2 * sizeof(Ed25519Signature)));
    if (!signature || signature->size() != sizeof(Ed25519Signature)) members.fail("sig");
    BEN_TRY(members.finish("auth-envelope", want));
    envelope.signatures.push_back({.key_id = std::move(key_id), .signature = to_array<64>(*signature)});
  }
  if (envelope.signatures.empty()) reader.fail("signatures");
  BEN_TRY(reader.finish("auth-envelope", want));
  envelope.payload = std::move(*payload);
  return envelope;
}

std::string encode_envelope(const Envelope& envelope) {
  json::ArrayWriter signatures;
  for (const auto& [key_id, signature] : envelope.signatures) {
    json::ObjectWriter writer;
    signatures.raw(writer.text("keyid", key_id).text("sig", encode_base64(signature)).finish());
  }
  json::ObjectWriter writer;
  writer.text("payloadType", envelope.payload_type).text("payload", encode_base64(envelope.payload));
  return writer.raw("signatures", signatures.finish()).finish();
}

Result<std::vector<Ed25519PublicKey>> verify_envelope(const Envelope& envelope, std::string_view payload_type,
                                                      std::span<const Ed25519PublicKey> keys,
                                                      std::size_t threshold) {
  if (envelope.payload_type != payload_type)
    return refused("auth-type", "auth: the envelope is of another payload type");
  const Bytes message = pre_authentication_encoding(envelope.payload_type, envelope.payload);
  std::vector<Ed25519PublicKey> signers;
  for (const EnvelopeSignature& signature : envelope.signatures) {
    const auto key = std::ranges::find(keys, signature.key_id, key_id);
    if (key == keys.end()) return refused("auth-key", "auth: a signature is by a key that is not listed");
    if (std::ranges::find(signers, *key) != signers.end())
      return refused("auth-duplicate", "auth: a key signed twice");
    if (!ed25519_verify(*key, message, signature.signature))
      return refused("auth-signature", "auth: a signature is not valid for this payload");
    signers.push_back(*key);
  }
  if (signers.size() < threshold) return refused("auth-threshold", "auth: too few signatures");
  return signers;
}

}  // namespace ben::wire
