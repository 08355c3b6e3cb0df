// What the enclave's kernel has to offer before the signer starts.
#pragma once

#include <string>

#include "base/result.hpp"

namespace ben {

// Mounts /dev and /sys (PID 1 starts without them) and reads which hardware generator feeds the kernel's
// random pool. Fails with `unavailable` (nsm-rng) when the kernel names none.
Result<std::string> start_platform();

}  // namespace ben
