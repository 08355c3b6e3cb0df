// Listener: where connections of the broker come from. Implementations: AF_VSOCK (vsock(7)), and the
// emulator's unix socket. And the heartbeat that nitro-cli waits for.
#pragma once

#include "base/owned.hpp"
#include "base/result.hpp"
#include "descriptor.hpp"

namespace ben::server {

using ben::Descriptor;

inline constexpr unsigned service_port = 5000;

class Listener : public Interface {
 public:
  // Readable when accept() has something to give.
  [[nodiscard]] virtual int poll_descriptor() const noexcept = 0;

  // The next connection: a stream socket that does not block. Fails with `unavailable` (wire-accept) when
  // there is none or when it is not the broker's.
  virtual Result<Descriptor> accept() = 0;
};

// Listens on service_port of every CID; a connection whose peer is not the parent is closed. Fails with
// `unavailable` (wire-listen).
Result<std::unique_ptr<Listener>> open_vsock_listener();

// Sends the byte 0xB7 to port 9000 of the parent and waits for its echo, as nitro-cli's run-enclave expects
// of an enclave that has booted. Fails with `unavailable` (wire-heartbeat).
Result<> send_heartbeat();

}  // namespace ben::server
