// PID 1 of the `process` platform: the same signer and server as in the enclave, over unix sockets.
#include <cstdio>

#include <sys/syscall.h>

#include "init/boot.hpp"
#include "init/hybrid_listener.hpp"
#include "init/sandbox_paths.hpp"
#include "lockdown/lockdown.hpp"
#include "nsm/socket_transport.hpp"
#include "server/server.hpp"

namespace {

// What serving takes here beside what it takes in an enclave: the emulated listener's.
[[maybe_unused]] constexpr std::uint32_t more_calls[] = {SYS_epoll_ctl};

ben::Result<> run() {
  if (const auto hidden = ben::keep_memory_private(); !hidden) return hidden;
  const auto nsm = ben::emulator::connect_nsm_socket(ben::emulator::sandbox_nsm_socket);
  if (!nsm) return nsm.error();
  const auto signer = ben::signer::Signer::start(**nsm, "process-platform");
  if (!signer) return signer.error();
  const auto listener =
      ben::emulator::HybridListener::open(ben::emulator::sandbox_vsock_socket, ben::server::service_port);
  if (!listener) return listener.error();
  if (const auto heard = ben::emulator::send_heartbeat(ben::emulator::sandbox_heartbeat_socket); !heard) {
    return heard;
  }
#ifdef BEN_STATIC_ENCLAVE  // sanitizers make calls of their own
  if (const auto restricted = ben::restrict_system_calls(more_calls); !restricted) return restricted;
#endif
  return ben::server::Server(**listener, **signer).run();
}

}  // namespace

int main() {
  const auto ended = run();
  const std::string_view reason = ended.error().reason.view();
  (void)std::fprintf(stderr, "enclave-signer-process: %.*s\n", static_cast<int>(reason.size()),
                     reason.data());
  return 1;
}
