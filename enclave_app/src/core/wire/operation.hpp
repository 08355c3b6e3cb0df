// Bodies of the frames by which the enclave asks the broker to store something or to call KMS.
// Docs: docs/protocol.md section 1.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ben::wire {

inline constexpr std::size_t sealed_seed_bytes_max = 4096;
inline constexpr std::size_t envelope_bytes_max =
    128UL * 1024;  // a DSSE as JSON: 64 KiB of payload in base64, signatures
inline constexpr std::size_t wrapped_key_bytes_max = 512;  // RSA-4096
inline constexpr std::size_t document_bytes_max = 16UL * 1024;
inline constexpr std::size_t cms_bytes_max = 16UL * 1024;

// PERSIST. Views live as long as the body.
struct PersistWallet {
  ByteView sealed_seed;
  ByteView certificate;  // DSSE JSON; empty before the wallet is certified
};
struct PersistPolicy {
  ByteView policy;  // DSSE JSON
};
struct Persist {
  std::optional<PersistWallet> wallet;  // exactly one of the two is there
  std::optional<PersistPolicy> policy;
};

[[nodiscard]] Bytes encode_persist(const PersistWallet& wallet);
[[nodiscard]] Bytes encode_persist(const PersistPolicy& policy);

// Fails with `malformed` (wire-persist).
Result<Persist> parse_persist(ByteView body);

// KMS_DECRYPT. Views live as long as the body.
struct KmsDecrypt {
  ByteView wrapped_key;
  ByteView document;
};

[[nodiscard]] Bytes encode_kms_decrypt(const KmsDecrypt& call);

// Fails with `malformed` (wire-kms).
Result<KmsDecrypt> parse_kms_decrypt(ByteView body);

enum class KmsOutcome : std::uint8_t {
  answered = 0,     // a CMS follows
  unavailable = 1,  // no answer, or one that asks to try again
  refused = 2,      // KMS said no
};
struct KmsReply {
  KmsOutcome outcome;
  ByteView cms;  // view into the body; empty unless answered
};

[[nodiscard]] Bytes encode_kms_reply(const KmsReply& reply);

// Fails with `malformed` (wire-kms).
Result<KmsReply> parse_kms_reply(ByteView body);

}  // namespace ben::wire
