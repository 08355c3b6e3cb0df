#include "nsm/server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "base/reader.hpp"
#include "base/writer.hpp"

namespace ben::emulator {
namespace {

constexpr Error no_socket{ErrorCode::unavailable, "nsm-socket", "nsm: cannot listen at the socket's path"};
constexpr std::size_t peers_max = 32;
constexpr std::size_t header_bytes = 4;

struct Peer {
  int socket;
  Bytes received;
};

// Answers every whole request that the peer has sent; false when the peer has to go.
bool answer(Peer& peer, NsmTransport& module) {
  while (peer.received.size() >= header_bytes) {
    const std::size_t size = Reader(peer.received).u32_be();
    if (size > nsm_request_bytes_max) return false;
    if (peer.received.size() < header_bytes + size) return true;
    Bytes reply(nsm_reply_bytes_max);
    const auto reply_bytes = module.exchange(ByteView(peer.received).subspan(header_bytes, size), reply);
    if (!reply_bytes) return false;
    const Bytes message = Writer()
                              .u32_be(static_cast<std::uint32_t>(*reply_bytes))
                              .bytes(ByteView(reply).first(*reply_bytes))
                              .take();
    // A peer that asks again and again without reading finds its socket full one day, and is let go.
    const ssize_t sent = ::send(peer.socket, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(message.size())) return false;
    peer.received.erase(peer.received.begin(),
                        peer.received.begin() + static_cast<std::ptrdiff_t>(header_bytes + size));
  }
  return true;
}

// Takes what has arrived; false at the end of the stream.
bool receive(Peer& peer) {
  std::array<std::uint8_t, header_bytes + nsm_request_bytes_max> buffer;
  const ssize_t received = ::recv(peer.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (received < 0) return errno == EAGAIN || errno == EINTR;
  peer.received.insert(peer.received.end(), buffer.begin(), buffer.begin() + received);
  return received > 0;
}

}  // namespace

Result<std::unique_ptr<NsmServer>> NsmServer::listen(const std::filesystem::path& path,
                                                     NsmTransport& module) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = path.native();
  if (name.size() >= sizeof(address.sun_path)) return no_socket;
  std::memcpy(address.sun_path, name.data(), name.size());

  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int wake = ::eventfd(0, EFD_CLOEXEC);
  std::error_code error;
  if (std::filesystem::is_socket(path, error)) std::filesystem::remove(path, error);
  const bool is_listening =
      listener >= 0 && wake >= 0 && ::fchmod(listener, 0600) == 0 &&
      ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      ::listen(listener, peers_max) == 0;
  if (!is_listening) {
    ::close(listener);
    ::close(wake);
    return no_socket;
  }
  return std::unique_ptr<NsmServer>(new NsmServer(listener, wake, path, module));
}

NsmServer::NsmServer(int listener, int wake, std::filesystem::path path, NsmTransport& module)
    : listener_(listener), wake_(wake), path_(std::move(path)), module_(module), thread_([this] {
        serve();
      }) {}

NsmServer::~NsmServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof(one));
  thread_.join();
  ::close(listener_);
  ::close(wake_);
  std::error_code error;
  std::filesystem::remove(path_, error);
}

void NsmServer::serve() {
  std::vector<Peer> peers;
  while (true) {
    std::vector<pollfd> waiting{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Peer& peer : peers) waiting.push_back({peer.socket, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;  // interrupted
    if (waiting[0].revents != 0) break;

    std::vector<Peer> staying;
    for (std::size_t i = 0; i < peers.size(); ++i) {
      Peer& peer = peers[i];
      if (waiting[i + 2].revents == 0 || (receive(peer) && answer(peer, module_))) {
        staying.push_back(std::move(peer));
      } else {
        ::close(peer.socket);
      }
    }
    peers = std::move(staying);
    if (waiting[1].revents == 0) continue;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0 && peers.size() < peers_max) {
      peers.push_back({socket, {}});
    } else if (socket >= 0) {
      ::close(socket);
    }
  }
  for (const Peer& peer : peers) ::close(peer.socket);
}

}  // namespace ben::emulator
