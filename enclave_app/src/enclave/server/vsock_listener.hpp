// Connections from the parent over AF_VSOCK (vsock(7)), and the heartbeat that nitro-cli waits for.
#pragma once

#include "server/listener.hpp"

namespace ben::server {

inline constexpr unsigned service_port = 5000;
// VMADDR_CID of the parent instance (aws-nitro-enclaves-cli, src/common).
inline constexpr unsigned parent_cid = 3;

class VsockListener final : public Listener {
 public:
  // Listens on service_port of every CID. Fails with `unavailable` (wire-listen).
  static Result<std::unique_ptr<VsockListener>> open();

  [[nodiscard]] int poll_descriptor() const noexcept override { return descriptor_.get(); }

  // Closes a connection whose peer is not the parent.
  Result<Descriptor> accept() override;

 private:
  explicit VsockListener(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}
  Descriptor descriptor_;
};

// Sends the byte 0xB7 to port 9000 of the parent and waits for its echo, as nitro-cli's run-enclave expects
// of an enclave that has booted. Fails with `unavailable` (wire-heartbeat).
Result<> send_heartbeat();

}  // namespace ben::server
