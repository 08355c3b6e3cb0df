// The enclave's own security module: Linux's /dev/nsm (drivers/misc/nsm.c).
#pragma once

#include <memory>

#include "base/result.hpp"
#include "nsm/transport.hpp"

namespace ben {

// `path`: the device. Fails with `unavailable` (nsm-device) when it cannot be opened, and so do exchanges
// that the driver refuses or that take longer than its two minutes.
Result<std::unique_ptr<NsmTransport>> open_nsm_device(const char* path = "/dev/nsm");

}  // namespace ben
