// Bodies of the frames by which the enclave asks the broker to store something or to call KMS, as the enclave
// writes and reads them. The broker's half is host/relay. Docs: docs/protocol.md section 1.
#pragma once

#include "base/result.hpp"

namespace ben::wire {

inline constexpr std::size_t sealed_seed_bytes_max = 4096;
// The longest genuine reply of KMS, for the 6144 bytes of plaintext that it allows, has some 6,600 bytes.
inline constexpr std::size_t cms_bytes_max = 8192;

// PERSIST, of one of two kinds. Views live as long as the body.
inline constexpr std::uint8_t persist_wallet = 1;
inline constexpr std::uint8_t persist_policy = 2;
struct PersistWallet {
  ByteView sealed_seed;
  ByteView certificate;  // DSSE JSON; empty before the wallet is certified
};
[[nodiscard]] Bytes encode_persist(const PersistWallet& wallet);
[[nodiscard]] Bytes encode_persist_policy(ByteView policy);  // DSSE JSON

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
