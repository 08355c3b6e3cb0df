// The broker's half of PERSIST and KMS_DECRYPT: what the enclave asks for, read, and the reply, written.
// Docs: docs/protocol.md section 1.
#pragma once

#include <optional>

#include "wire/frame.hpp"

namespace ben::wire {

// A DSSE as JSON: 64 KiB of payload in base64, signatures.
inline constexpr std::size_t envelope_bytes_max = 128UL * 1024;
inline constexpr std::size_t wrapped_key_bytes_max = 512;  // RSA-4096
inline constexpr std::size_t document_bytes_max = 16UL * 1024;

struct Persist {
  std::optional<PersistWallet> wallet;  // exactly one of the two is there
  std::optional<ByteView> policy;       // DSSE JSON
};

// Views live as long as the body. Fails with `malformed` (wire-persist).
Result<Persist> parse_persist(ByteView body);

// Views live as long as the body. Fails with `malformed` (wire-kms).
Result<KmsDecrypt> parse_kms_decrypt(ByteView body);

[[nodiscard]] Bytes encode_kms_reply(const KmsReply& reply);

}  // namespace ben::wire
