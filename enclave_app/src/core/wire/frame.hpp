// The frame that carries one message between the broker and the enclave.
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

// Fails with `refused` (wire-hello) when `body` is not the HELLO of a peer that speaks protocol_version.
Result<> admit_hello(ByteView body);

}  // namespace ben::wire
