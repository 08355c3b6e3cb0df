// Bodies of the frames by which the enclave asks the broker to store something or to call KMS, as the enclave
// writes and reads them. The broker's half is host/relay. Docs: docs/protocol.md section 1.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ben::wire {

inline constexpr std::size_t sealed_seed_bytes_max = 4096;
inline constexpr std::size_t envelope_bytes_max =
    128UL * 1024;  // a DSSE as JSON: 64 KiB of payload in base64, signatures
inline constexpr std::size_t wrapped_key_bytes_max = 512;  // RSA-4096
inline constexpr std::size_t document_bytes_max = 16UL * 1024;
inline constexpr std::size_t cms_bytes_max = 16UL * 1024;

// PERSIST, of one of two kinds. Views live as long as the body.
inline constexpr std::uint8_t persist_wallet = 1;
inline constexpr std::uint8_t persist_policy = 2;
struct PersistWallet {
  ByteView sealed_seed;
  ByteView certificate;  // DSSE JSON; empty before the wallet is certified
};
struct PersistPolicy {
  ByteView policy;  // DSSE JSON
};
[[nodiscard]] Bytes encode_persist(const PersistWallet& wallet);
[[nodiscard]] Bytes encode_persist(const PersistPolicy& policy);

// KMS_DECRYPT. Views live as long as the body.
struct KmsDecrypt {
  ByteView wrapped_key;
  ByteView document;
};

[[nodiscard]] Bytes encode_kms_decrypt(const KmsDecrypt& call);

enum class KmsOutcome : std::uint8_t {
  answered = 0,     // a CMS follows
  unavailable = 1,  // no answer, or one that asks to try again
  refused = 2,      // KMS said no
};
struct KmsReply {
  KmsOutcome outcome;
  ByteView cms;  // view into the body; empty unless answered
};

// Fails with `malformed` (wire-kms).
Result<KmsReply> parse_kms_reply(ByteView body);

}  // namespace ben::wire
