// How bytes reach a Nitro Security Module: one CBOR request, one CBOR reply.
#pragma once

#include "base/owned.hpp"
#include "base/result.hpp"

namespace ben {

// Limits of the Linux driver (drivers/misc/nsm.c); a longer reply cannot exist.
inline constexpr std::size_t nsm_request_bytes_max = 0x1000;
inline constexpr std::size_t nsm_reply_bytes_max = 0x3000;

class NsmTransport : public Interface {
 public:
  // `reply`: nsm_reply_bytes_max bytes. The reply is written to its front; the value is the reply's size.
  // Fails with `unavailable` (nsm-device) when no reply came.
  virtual Result<std::size_t> exchange(ByteView request, std::span<std::uint8_t> reply) = 0;
};

}  // namespace ben
