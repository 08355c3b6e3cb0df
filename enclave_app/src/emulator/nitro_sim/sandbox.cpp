#include "nitro_sim/sandbox.hpp"

#include "init/sandbox_paths.hpp"
#include "nitro_sim/socket_filter.hpp"

namespace ben::emulator {

Result<ChildProcess> start_sandbox(const std::filesystem::path& root, const std::filesystem::path& sockets,
                                   const server::Descriptor& console) {
  const auto filter = make_socket_filter();
  if (!filter) return filter.error();
  auto started =
      ChildProcess::start({"bwrap", "--unshare-all", "--as-pid-1", "--die-with-parent", "--new-session",
                           "--clearenv", "--ro-bind", root, "/", "--bind", sockets, sandbox_sockets_folder,
                           "--chdir", "/", "--seccomp", "3", "--", "/init"},
                          console, &*filter);
  if (!started) {
    return Error{ErrorCode::unavailable, "sim-sandbox", "bwrap (bubblewrap) could not be started"};
  }
  return *std::move(started);
}

}  // namespace ben::emulator
