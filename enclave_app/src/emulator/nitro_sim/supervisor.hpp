// The process behind a running enclave: it hosts the security module or its signer, runs the init or the
// virtual machine, and cleans up after them.
#pragma once

#include <chrono>
#include <optional>

#include "base/result.hpp"
#include "nitro_sim/state_folder.hpp"
#include "nitro_sim/virtual_machine.hpp"

namespace ben::emulator {

struct SupervisorOptions {
  EnclaveRecord record;     // as it is in the enclave's folder, which has root/ and sockets/
  std::string instance_id;  // of the emulated parent
  std::string role_arn;     // of the emulated parent; empty: none
  std::chrono::milliseconds boot_timeout;
  std::optional<VirtualMachine> machine;  // none: root/ has an init for the sandbox
};

// Starts a detached process for the enclave and waits until the enclave's heartbeat came. `lock` is that of
// the enclave's folder: the new process holds it from now on. A virtual machine that does not get as far is
// started once more, as emulated vsock devices lose their host now and then. Returns the record with the
// process in it. On failure nothing of the enclave is left: `unavailable` sim-boot-died, sim-boot-timeout,
// sim-boot (the security module, a socket, bwrap or QEMU could not be started).
Result<EnclaveRecord> start_supervisor(const StateFolder& state, SupervisorOptions options,
                                       server::Descriptor lock);

}  // namespace ben::emulator
