// How bytes reach a Nitro Security Module, one CBOR request and one CBOR reply; and the enclave's own module,
// Linux's /dev/nsm (drivers/misc/nsm.c).
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

// The driver's only request (include/uapi/linux/nsm.h): _IOWR(0x0A, 0, struct nsm_raw).
inline constexpr std::uint32_t nsm_ioctl_raw = 0xC0200A00;

// `path`: the device. Fails with `unavailable` (nsm-device) when it cannot be opened, and so do exchanges
// that the driver refuses or that take longer than its two minutes.
Result<std::unique_ptr<NsmTransport>> open_nsm_device(const char* path = "/dev/nsm");

}  // namespace ben
