// The `process` platform: a sandboxed init, by way of bwrap (bubblewrap).
#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "nitro_sim/child_process.hpp"

namespace ben::emulator {

// Runs /init of `root` with the folder `sockets` at /run/vsock: PID 1 of namespaces of its own (users,
// processes, network, mounts, IPC, names), with an empty environment, no sockets but unix ones, and nothing
// to see but `root`, read-only, and the sockets. Its output goes to `console`. Fails with `unavailable`
// (sim-sandbox) when bwrap cannot be started.
Result<ChildProcess> start_sandbox(const std::filesystem::path& root, const std::filesystem::path& sockets,
                                   const server::Descriptor& console);

}  // namespace ben::emulator
