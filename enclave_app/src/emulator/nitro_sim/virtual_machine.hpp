// The `qemu` platform: the image's own kernel, in QEMU's machine nitro-enclave.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "nitro_sim/child_process.hpp"
#include "nitro_sim/record.hpp"

namespace ben::emulator {

struct VirtualMachine {
  std::filesystem::path programs;  // the folder that scripts/build-qemu prints
  std::filesystem::path image;     // absolute
  bool signs_documents = true;     // false: they stay as QEMU makes them, with zeros for a signature
};

// Starts QEMU and its vsock device, which speak through sockets in the working directory: vsock.sock takes
// connections to the enclave by the hybrid convention, vsock.sock_9000 gets those to port 9000 of CID 3, and
// nsm.sock is asked to sign documents. What is left there of an earlier start is removed. All processors are
// emulated (tcg), whatever the host has. Output of both and the enclave's console go to `console`. The
// enclave has ended when one of the two has. Fails with `unavailable` (sim-machine).
Result<std::vector<ChildProcess>> start_virtual_machine(const VirtualMachine& machine,
                                                        const EnclaveRecord& record,
                                                        const std::string& instance_id,
                                                        const std::string& role_arn,
                                                        const server::Descriptor& console);

}  // namespace ben::emulator
