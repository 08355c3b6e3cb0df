// The enclave program: builds the parts, joins them, gives up what serving does not need, and serves until
// the hypervisor stops it. Whatever cannot be had at the start ends the program; as it is PID 1, the kernel
// panics then, and the enclave is gone.
#include <cstdio>

#include "lockdown/privileges.hpp"
#include "lockdown/system_calls.hpp"
#include "platform.hpp"
#include "server/server.hpp"
#include "server/vsock_listener.hpp"

namespace {

ben::Result<> run() {
  for (const auto& protect : {ben::keep_memory_private, ben::pin_memory}) {
    if (const auto done = protect(); !done) return done;
  }
  auto platform = ben::start_platform();
  if (!platform) return platform.error();
  const auto signer = ben::signer::Signer::start(*platform->nsm, std::move(platform->rng));
  if (!signer) return signer.error();
  const auto listener = ben::server::VsockListener::open();
  if (!listener) return listener.error();
  if (const auto heard = ben::server::send_heartbeat(); !heard) return heard;

  // Of what the parent sends only the heartbeat's echo was read before this.
  if (const auto dropped = ben::drop_capabilities(); !dropped) return dropped;
  if (const auto restricted = ben::restrict_system_calls(); !restricted) return restricted;
  return ben::server::Server(**listener, **signer).run();
}

}  // namespace

int main() {
  const auto ended = run();
  const std::string_view reason = ended.error().reason.view();
  (void)std::fprintf(stderr, "enclave-signer: %.*s\n", static_cast<int>(reason.size()), reason.data());
  return 1;
}
