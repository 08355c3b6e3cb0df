// The payload of a signed request. Docs: docs/protocol.md section 5.
#pragma once

#include "wire/rpc.hpp"

namespace ben::wire {

using RequestId = ByteArray<16>;

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

}  // namespace ben::wire
