#include "server/vsock_listener.hpp"

#include <sys/socket.h>

#include <linux/vm_sockets.h>

namespace ben::server {
namespace {

sockaddr_vm vsock_address(unsigned cid, unsigned port) {
  sockaddr_vm address{};
  address.svm_family = AF_VSOCK;
  address.svm_cid = cid;
  address.svm_port = port;
  return address;
}

}  // namespace

Result<std::unique_ptr<VsockListener>> VsockListener::open() {
  constexpr int backlog = 16;
  Descriptor descriptor(::socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const sockaddr_vm address = vsock_address(VMADDR_CID_ANY, service_port);
  if (descriptor.get() < 0 ||
      ::bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(descriptor.get(), backlog) != 0)
    return unavailable("wire-listen", "vsock: cannot listen on port 5000");
  return std::unique_ptr<VsockListener>(new VsockListener(std::move(descriptor)));
}

Result<Descriptor> VsockListener::accept() {
  sockaddr_vm peer{};
  socklen_t size = sizeof peer;
  Descriptor accepted(
      ::accept4(descriptor_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (accepted.get() < 0 || peer.svm_family != AF_VSOCK || peer.svm_cid != parent_cid)
    return unavailable("wire-accept", "vsock: no connection of the parent");
  return accepted;
}

Result<> send_heartbeat() {
  constexpr unsigned heartbeat_port = 9000;
  constexpr std::uint8_t heartbeat = 0xb7;
  const Descriptor descriptor(::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_vm address = vsock_address(parent_cid, heartbeat_port);
  std::uint8_t echo = 0;
  if (descriptor.get() < 0 ||
      ::connect(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::send(descriptor.get(), &heartbeat, 1, MSG_NOSIGNAL) != 1 ||
      ::recv(descriptor.get(), &echo, 1, 0) != 1 || echo != heartbeat)
    return unavailable("wire-heartbeat", "vsock: the parent did not answer the heartbeat");
  return Ok{};
}

}  // namespace ben::server
