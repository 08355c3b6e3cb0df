#include "server/listener.hpp"

#include <sys/socket.h>

#include <linux/vm_sockets.h>

namespace ben::server {
namespace {

// VMADDR_CID of the parent instance (aws-nitro-enclaves-cli, src/common).
constexpr unsigned parent_cid = 3;

// A socket with an address: `join` is bind or connect. No descriptor when it fails.
Descriptor open_vsock(int flags, int (*join)(int, const sockaddr*, socklen_t), unsigned cid, unsigned port) {
  sockaddr_vm address{};
  address.svm_family = AF_VSOCK;
  address.svm_cid = cid;
  address.svm_port = port;
  Descriptor descriptor(::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  const bool is_open =
      descriptor.get() >= 0 &&
      join(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  return is_open ? std::move(descriptor) : Descriptor();
}

class VsockListener final : public Listener {
 public:
  explicit VsockListener(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}

  [[nodiscard]] int poll_descriptor() const noexcept override { return descriptor_.get(); }

  Result<Descriptor> accept() override {
    sockaddr_vm peer{};
    socklen_t size = sizeof peer;
    Descriptor accepted(::accept4(descriptor_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.get() < 0 || peer.svm_family != AF_VSOCK || peer.svm_cid != parent_cid)
      return unavailable("wire-accept", "vsock: no connection of the parent");
    return accepted;
  }

 private:
  Descriptor descriptor_;
};

}  // namespace

Result<std::unique_ptr<Listener>> open_vsock_listener() {
  constexpr int backlog = 16;
  Descriptor descriptor = open_vsock(SOCK_NONBLOCK, ::bind, VMADDR_CID_ANY, service_port);
  if (descriptor.get() < 0 || ::listen(descriptor.get(), backlog) != 0)
    return unavailable("wire-listen", "vsock: cannot listen on port 5000");
  return std::unique_ptr<Listener>(std::make_unique<VsockListener>(std::move(descriptor)));
}

Result<> send_heartbeat() {
  constexpr unsigned heartbeat_port = 9000;
  constexpr std::uint8_t heartbeat = 0xb7;
  const Descriptor descriptor = open_vsock(0, ::connect, parent_cid, heartbeat_port);
  std::uint8_t echo = 0;
  if (descriptor.get() < 0 || ::send(descriptor.get(), &heartbeat, 1, MSG_NOSIGNAL) != 1 ||
      ::recv(descriptor.get(), &echo, 1, 0) != 1 || echo != heartbeat)
    return unavailable("wire-heartbeat", "vsock: the parent did not answer the heartbeat");
  return Ok{};
}

}  // namespace ben::server
