// The enclave program: builds the parts, joins them, serves until the hypervisor stops it. Whatever cannot be
// had at the start ends the program, and so the enclave.
#include <cstdio>

#include "nsm/device.hpp"
#include "platform.hpp"
#include "server/server.hpp"
#include "server/vsock_listener.hpp"

namespace {

int stop(const ben::Error& error) {
  const std::string_view reason = error.reason.view();
  (void)std::fprintf(stderr, "enclave-signer: %.*s\n", static_cast<int>(reason.size()), reason.data());
  return 1;
}

}  // namespace

int main() {
  auto rng = ben::start_platform();
  if (!rng) return stop(rng.error());
  auto nsm = ben::open_nsm_device();
  if (!nsm) return stop(nsm.error());
  const auto signer = ben::signer::Signer::start(**nsm, std::move(*rng));
  if (!signer) return stop(signer.error());
  const auto listener = ben::server::VsockListener::open();
  if (!listener) return stop(listener.error());
  const auto heartbeat = ben::server::send_heartbeat();
  if (!heartbeat) return stop(heartbeat.error());
  const auto ended = ben::server::Server(**listener, **signer).run();
  return stop(ended.error());
}
