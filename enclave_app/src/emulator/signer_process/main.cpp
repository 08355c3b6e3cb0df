// PID 1 of the `process` platform: the same signer and server as in the enclave, over unix sockets.
#include <cstdio>

#include "init/boot.hpp"
#include "init/hybrid_listener.hpp"
#include "init/sandbox_paths.hpp"
#include "nsm/socket_transport.hpp"
#include "server/server.hpp"
#include "server/vsock_listener.hpp"

namespace {

int stop(const ben::Error& error) {
  const std::string_view reason = error.reason.view();
  (void)std::fprintf(stderr, "enclave-signer-process: %.*s\n", static_cast<int>(reason.size()),
                     reason.data());
  return 1;
}

}  // namespace

int main() {
  const auto hardened = ben::emulator::harden_process();
  if (!hardened) return stop(hardened.error());
  const auto nsm = ben::emulator::connect_nsm_socket(ben::emulator::sandbox_nsm_socket);
  if (!nsm) return stop(nsm.error());
  const auto signer = ben::signer::Signer::start(**nsm, "process-platform");
  if (!signer) return stop(signer.error());
  const auto listener =
      ben::emulator::HybridListener::open(ben::emulator::sandbox_vsock_socket, ben::server::service_port);
  if (!listener) return stop(listener.error());
  const auto heartbeat = ben::emulator::send_heartbeat(ben::emulator::sandbox_heartbeat_socket);
  if (!heartbeat) return stop(heartbeat.error());
  const auto ended = ben::server::Server(**listener, **signer).run();
  return stop(ended.error());
}
