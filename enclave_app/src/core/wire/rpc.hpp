// JSON-RPC 2.0 of the strict profile: requests in, answers with a proof out. Docs: docs/protocol.md sections
// 2, 5 and 6.
#pragma once

#include "crypto/ed25519.hpp"
#include "crypto/hash.hpp"
#include "json/reader.hpp"

namespace ben::wire {

inline constexpr std::size_t id_bytes_max = 64;

struct RpcRequest {
  std::string id;  // as JSON: an integer or a quoted string
  std::string method;
  json::Value params;  // an object; empty when it was left out
};

// Fails with `malformed`: rpc-parse (not strict JSON), rpc-request (not a JSON-RPC 2.0 request).
Result<RpcRequest> parse_rpc_request(ByteView body);

using BootId = ByteArray<16>;
using RequestId = ByteArray<16>;

// The payload of the envelope in a request.
struct SignedRequest {
  std::optional<Hash256> wallet_id;
  std::string method;
  RequestId request_id;
  std::int64_t expires_at_ms;
  std::int64_t policy_epoch;
  std::optional<BootId> boot_id;  // genesis only
  Hash256 psbt_sha256{};          // sign_transaction and evaluate_transaction only
  Hash256 config_hash{};          // genesis only
  std::vector<Bytes> entropy;     // genesis only: 32 to 64 bytes each
};

// Fails with `malformed` (auth-request) when the payload is not a request of a known method with exactly its
// fields.
Result<SignedRequest> parse_signed_request(ByteView payload);

// What the proof of an answer signs. `request_hash`: SHA-256 of the request's exact bytes; `outcome`: the
// exact bytes of the result or error object; `log_root`: 32 zero bytes until the log exists.
[[nodiscard]] Bytes proof_message(const BootId& boot_id, const Hash256& request_hash, ByteView outcome,
                                  const Hash256& log_root);

// Bytes from the comma before "proof" to the end of the answer: the same in every answer.
inline constexpr std::size_t proof_text_bytes = 277;

// The whole answer, with its proof by `key`: `outcome` is the result as JSON, or becomes the error object
// {"code":…,"message":…,"data":{"tag":…}}.
[[nodiscard]] std::string encode_rpc_answer(std::string_view id, Result<std::string> outcome,
                                            const Hash256& request_hash, const BootId& boot_id,
                                            const Ed25519Key& key);

// user_data of attestation documents. Of the one that carries a boot statement, what a running signer says of
// itself: "ben/boot/v1" || SHA256(statement).
[[nodiscard]] Bytes boot_user_data(std::string_view statement);
inline constexpr std::string_view kms_user_data = "ben/kms/v1";
inline constexpr std::string_view time_user_data = "ben/time/v1";

}  // namespace ben::wire
