// The broker's half of PERSIST and KMS_DECRYPT: what the enclave asks for, read, and the reply, written.
// Docs: docs/protocol.md section 1.
#pragma once

#include <optional>

#include "wire/operation.hpp"

namespace ben::wire {

struct Persist {
  std::optional<PersistWallet> wallet;  // exactly one of the two is there
  std::optional<PersistPolicy> policy;
};

// Views live as long as the body. Fails with `malformed` (wire-persist).
Result<Persist> parse_persist(ByteView body);

// Views live as long as the body. Fails with `malformed` (wire-kms).
Result<KmsDecrypt> parse_kms_decrypt(ByteView body);

[[nodiscard]] Bytes encode_kms_reply(const KmsReply& reply);

}  // namespace ben::wire
