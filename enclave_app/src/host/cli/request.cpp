#include "cli/request.hpp"

#include <openssl/rand.h>

#include "base/hex.hpp"
#include "cli/stop.hpp"
#include "json/writer.hpp"

namespace ben::cli {
namespace {

std::string random_hex16() {
  ByteArray<16> bytes{};
  fill_random(bytes);
  return encode_hex(bytes);
}

}  // namespace

void fill_random(std::span<std::uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1)
    throw Stop("key-internal", "libcrypto has no random bytes");
}

wire::Envelope sign_envelope(std::string_view payload_type, ByteView payload,
                             std::span<const Ed25519Key> keys) {
  const Bytes message = wire::pre_authentication_encoding(payload_type, payload);
  wire::Envelope envelope{
      .payload_type = std::string(payload_type), .payload = to_bytes(payload), .signatures = {}};
  for (const Ed25519Key& key : keys) {
    envelope.signatures.push_back({.key_id = wire::key_id(key.public_key()), .signature = key.sign(message)});
  }
  return envelope;
}

std::string encode_genesis_request(const wire::BootId& boot_id, const Hash256& config_hash,
                                   std::span<const std::string> entropy, std::uint64_t expires_at_ms) {
  json::ArrayWriter contributions;
  for (const std::string& hex : entropy) contributions.text(hex);
  return json::ObjectWriter()
      .null("wallet_id")
      .text("method", "genesis")
      .raw("params", json::ObjectWriter()
                         .text("config_hash", encode_hex(config_hash))
                         .raw("entropy", contributions.finish())
                         .finish())
      .text("request_id", random_hex16())
      .integer("expires_at", static_cast<std::int64_t>(expires_at_ms))
      .integer("policy_epoch", 0)
      .text("boot_id", encode_hex(boot_id))
      .finish();
}

std::string encode_transaction_request(const TransactionRequest& request) {
  return json::ObjectWriter()
      .text("wallet_id", encode_hex(request.wallet_id))
      .text("method", request.method)
      .raw("params", json::ObjectWriter().text("psbt_sha256", encode_hex(request.psbt_sha256)).finish())
      .text("request_id", random_hex16())
      .integer("expires_at", static_cast<std::int64_t>(request.expires_at_ms))
      .integer("policy_epoch", request.policy_epoch)
      .finish();
}

RpcCall make_call(std::string_view method, std::string_view params_json) {
  RpcCall call{.id = json::quote(random_hex16()), .body = {}};
  call.body = json::ObjectWriter()
                  .text("jsonrpc", "2.0")
                  .raw("id", call.id)
                  .text("method", method)
                  .raw("params", params_json)
                  .finish();
  return call;
}

}  // namespace ben::cli
