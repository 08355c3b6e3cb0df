// Signed requests and the JSON-RPC bodies that carry them. Docs: docs/protocol.md sections 2, 3 and 5.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/ed25519.hpp"
#include "crypto/hash.hpp"
#include "wire/dsse.hpp"
#include "wire/rpc.hpp"

namespace ben::cli {

// Random bytes of libcrypto. Stops: key-internal.
void fill_random(std::span<std::uint8_t> out);

// An envelope with one signature for each key.
[[nodiscard]] wire::Envelope sign_envelope(std::string_view payload_type, ByteView payload,
                                           std::span<const Ed25519Key> keys);

// The payload of `genesis`. `entropy`: hex of 32 to 64 bytes each.
[[nodiscard]] std::string encode_genesis_request(const wire::BootId& boot_id, const Hash256& config_hash,
                                                 std::span<const std::string> entropy,
                                                 std::uint64_t expires_at_ms);

// The payload of `sign_transaction` and `evaluate_transaction`.
struct TransactionRequest {
  std::string_view method;
  Hash256 wallet_id;
  Hash256 psbt_sha256;
  std::uint64_t expires_at_ms;
  std::int64_t policy_epoch;
};
[[nodiscard]] std::string encode_transaction_request(const TransactionRequest& request);

// One JSON-RPC call with a fresh random id, so that no earlier answer fits its bytes.
struct RpcCall {
  std::string id;  // as JSON
  std::string body;
};
[[nodiscard]] RpcCall make_call(std::string_view method, std::string_view params_json);

}  // namespace ben::cli
