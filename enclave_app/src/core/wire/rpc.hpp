// JSON-RPC 2.0 of the strict profile: requests in, answers with a proof out. Docs: docs/protocol.md
// section 2.
#pragma once

#include "crypto/ed25519.hpp"
#include "crypto/hash.hpp"
#include "json/value.hpp"

namespace ben::wire {

inline constexpr std::size_t id_bytes_max = 64;

struct RpcRequest {
  std::string id;  // as JSON: an integer or a quoted string
  std::string method;
  json::Value params;  // an object; empty when it was left out
};

// Fails with `malformed`: rpc-parse (not strict JSON), rpc-request (not a JSON-RPC 2.0 request).
Result<RpcRequest> parse_rpc_request(ByteView body);

// The JSON-RPC code of an error, by its tag. Docs: docs/protocol.md section 2.
[[nodiscard]] int rpc_code(const Error& error);

// The error object: {"code":…,"message":…,"data":{"tag":…}}.
[[nodiscard]] std::string encode_rpc_error(const Error& error);

using BootId = ByteArray<16>;

// What the proof of an answer signs. `request_hash`: SHA-256 of the request's exact bytes; `outcome`: the
// exact bytes of the result or error object; `log_root`: 32 zero bytes until the log exists.
[[nodiscard]] Bytes proof_message(const BootId& boot_id, const Hash256& request_hash, ByteView outcome,
                                  const Hash256& log_root);

// Bytes from the comma before "proof" to the end of the answer: the same in every answer.
inline constexpr std::size_t proof_text_bytes = 277;

struct RpcOutcome {
  bool is_error;
  std::string json;  // the result, or the error object
};

// The whole answer, with its proof by `key`.
[[nodiscard]] std::string encode_rpc_answer(std::string_view id, const RpcOutcome& outcome,
                                            const Hash256& request_hash, const BootId& boot_id,
                                            const Ed25519Key& key);

}  // namespace ben::wire
