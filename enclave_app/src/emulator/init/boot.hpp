// What an enclave's init does at the start on the `process` platform, beside what the signer does anywhere.
#pragma once

#include <string>

#include "base/result.hpp"

namespace ben::emulator {

// Sends the byte 0xB7 to the listener at `path` and waits for its echo, as nitro-cli's run-enclave expects of
// an enclave that has booted. Fails with `unavailable` (wire-heartbeat).
Result<> send_heartbeat(const std::string& path);

}  // namespace ben::emulator
