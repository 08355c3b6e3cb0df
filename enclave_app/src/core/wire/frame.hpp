// The frame that carries one message between the broker and the enclave, and the bodies of those by which the
// enclave greets, asks the broker to store something or to call KMS, as the enclave writes and reads them.
// The broker's half is host/relay.
//
//   offset  size  field
//   0       4     length of the body, big-endian, at most frame_body_bytes_max
//   4       1     type, see FrameType
//   5       n     body
//
// Docs: docs/protocol.md section 1.
#pragma once

#include "base/result.hpp"

namespace ben::wire {

// 12 MiB: a PSBT of 8,000,000 bytes takes 10,666,668 as base64; the rest is room for its request.
inline constexpr std::size_t frame_body_bytes_max = std::size_t{12} * 1024 * 1024;
inline constexpr std::size_t frame_header_bytes = 5;
inline constexpr int protocol_version = 1;
inline constexpr std::string_view program_version = "0.1.0";  // of all programs, as people see it

// Without gaps: parse_frame_header admits every number from the first to the last.
enum class FrameType : std::uint8_t {
  request = 1,
  response = 2,
  persist = 3,
  ack = 4,
  kms_decrypt = 5,
  kms_reply = 6,
  config = 7,
  hello = 8,
};

struct FrameHeader {
  std::uint32_t body_bytes;
  FrameType type;
};

// Fails with `malformed` (wire-frame) on an unknown type or a body over the limit.
Result<FrameHeader> parse_frame_header(std::span<const std::uint8_t, frame_header_bytes> header);

// The 5 bytes before a body of at most frame_body_bytes_max bytes; more aborts.
[[nodiscard]] Bytes encode_frame_header(FrameType type, std::size_t body_bytes);

// The HELLO body of this program.
[[nodiscard]] std::string encode_hello();

// Fails with `malformed` (wire-hello) when `body` is not the HELLO of a peer that speaks protocol_version.
Result<> admit_hello(ByteView body);

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
