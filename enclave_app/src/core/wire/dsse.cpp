#include "wire/dsse.hpp"

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "base/writer.hpp"
#include "crypto/hash.hpp"
#include "json/object_reader.hpp"
#include "json/writer.hpp"

namespace ben::wire {
namespace {

constexpr std::size_t payload_type_bytes_max = 128;
constexpr std::size_t key_id_digits = 16;
constexpr std::size_t base64_size(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

constexpr StaticText bad_envelope = "dsse: not an envelope of payloadType, payload and 1 to 32 signatures";

Result<EnvelopeSignature> parse_signature(const json::Value& value) {
  json::ObjectReader reader(value);
  EnvelopeSignature parsed{.key_id = std::string(reader.text("keyid", key_id_digits)), .signature = {}};
  const auto signature = parse_base64(reader.text("sig", base64_size(parsed.signature.size())));
  if (!signature || signature->size() != parsed.signature.size()) reader.fail("sig");
  const auto finished = reader.finish("auth-envelope", bad_envelope);
  if (!finished) return finished.error();
  parsed.signature = to_array<64>(*signature);
  return parsed;
}

}  // namespace

std::string key_id(const Ed25519PublicKey& key) {
  return encode_hex(sha256(key)).substr(0, key_id_digits);
}

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
  const auto signatures = reader.array("signatures", signatures_max);
  if (signatures.empty()) reader.fail("signatures");
  const auto finished = reader.finish("auth-envelope", bad_envelope);
  if (!finished) return finished.error();
  envelope.payload = std::move(*payload);
  for (const json::Value& item : signatures) {
    auto signature = parse_signature(item);
    if (!signature) return signature.error();
    envelope.signatures.push_back(std::move(*signature));
  }
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

Result<std::vector<std::size_t>> verify_envelope(const Envelope& envelope, std::string_view payload_type,
                                                 std::span<const Ed25519PublicKey> keys,
                                                 std::size_t threshold) {
  if (envelope.payload_type != payload_type)
    return refused("auth-type", "auth: the envelope is of another payload type");
  const Bytes message = pre_authentication_encoding(envelope.payload_type, envelope.payload);
  std::vector<std::size_t> signers;
  for (const EnvelopeSignature& signature : envelope.signatures) {
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return key_id(k) == signature.key_id; });
    if (key == keys.end()) return refused("auth-key", "auth: a signature is by a key that is not listed");
    const auto place = static_cast<std::size_t>(key - keys.begin());
    if (std::find(signers.begin(), signers.end(), place) != signers.end())
      return refused("auth-duplicate", "auth: a key signed twice");
    if (!ed25519_verify(*key, message, signature.signature))
      return refused("auth-signature", "auth: a signature is not valid for this payload");
    signers.push_back(place);
  }
  if (signers.size() < threshold) return refused("auth-threshold", "auth: too few signatures");
  return signers;
}

}  // namespace ben::wire
