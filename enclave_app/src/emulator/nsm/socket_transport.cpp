#include "nsm/socket_transport.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/reader.hpp"
#include "base/writer.hpp"

namespace ben::emulator {
namespace {

constexpr Error no_answer{ErrorCode::unavailable, "nsm-device", "nsm: the emulated device did not answer"};

bool send_all(int socket, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_all(int socket, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t received = ::recv(socket, out.data(), out.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(received));
  }
  return true;
}

}  // namespace

SocketTransport::~SocketTransport() { ::close(socket_); }

Result<std::size_t> SocketTransport::exchange(ByteView request, std::span<std::uint8_t> reply) {
  const Bytes message = Writer().u32_be(static_cast<std::uint32_t>(request.size())).bytes(request).take();
  ByteArray<4> header{};
  if (!send_all(socket_, message) || !receive_all(socket_, header)) return no_answer;
  const std::size_t size = Reader(header).u32_be();
  if (size > reply.size() || !receive_all(socket_, reply.first(size))) return no_answer;
  return size;
}

Result<std::unique_ptr<NsmTransport>> connect_nsm_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return no_answer;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return no_answer;
  auto transport = std::make_unique<SocketTransport>(socket);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return no_answer;
  return std::unique_ptr<NsmTransport>(std::move(transport));
}

}  // namespace ben::emulator
