// A sandboxed init: a child process by way of bwrap (bubblewrap).
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "base/result.hpp"
#include "server/listener.hpp"

namespace ben::emulator {

// PID 1 of namespaces of its own (users, processes, network, mounts, IPC, names), with an empty environment,
// no sockets but unix ones, and nothing to see but `root`, read-only, and the sockets. Killed with this
// object, and by the kernel when the thread that started it ends.
class Sandbox {
 public:
  // Runs /init of `root` with the folder `sockets` at /run/vsock. Its output goes to `console`. Fails with
  // `unavailable` (sim-sandbox) when bwrap cannot be started.
  static Result<Sandbox> start(const std::filesystem::path& root, const std::filesystem::path& sockets,
                               const server::Descriptor& console);

  ~Sandbox();
  Sandbox(Sandbox&& other) noexcept : process_(std::exchange(other.process_, -1)) {}
  Sandbox& operator=(Sandbox&&) = delete;
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Whether the init has ended; asks once, does not wait.
  [[nodiscard]] bool has_ended();

 private:
  explicit Sandbox(pid_t process) noexcept : process_(process) {}

  pid_t process_;  // of bwrap, which ends with its init; -1 once that was waited for
};

}  // namespace ben::emulator
