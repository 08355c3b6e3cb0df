// The enclave's own security module: Linux's /dev/nsm (drivers/misc/nsm.c).
#pragma once

#include "nsm/transport.hpp"

namespace ben {

// The driver's only request (include/uapi/linux/nsm.h): _IOWR(0x0A, 0, struct nsm_raw).
inline constexpr std::uint32_t nsm_ioctl_raw = 0xC0200A00;

// `path`: the device. Fails with `unavailable` (nsm-device) when it cannot be opened, and so do exchanges
// that the driver refuses or that take longer than its two minutes.
Result<std::unique_ptr<NsmTransport>> open_nsm_device(const char* path = "/dev/nsm");

}  // namespace ben
