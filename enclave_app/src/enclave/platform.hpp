// What the enclave's kernel has to give before the signer starts.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "nsm/transport.hpp"

namespace ben {

struct Platform {
  std::unique_ptr<NsmTransport> nsm;
  std::string rng;  // the hardware generator that feeds the kernel's random pool: "nsm-hwrng"
};

// As PID 1, which starts without any file system but its own: mounts /dev and /sys, checks that the NSM feeds
// the kernel's random pool, opens the NSM and adds 256 of its bytes to the pool, so that randomness is there
// at once.
//
// Fails with `refused` (nsm-rng) when another generator, or none, feeds the pool, with `unavailable`
// (nsm-device, nsm-pool), or with nsm-… of the NSM.
Result<Platform> start_platform();

}  // namespace ben
