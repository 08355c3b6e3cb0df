#include "init/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <optional>

namespace ben::emulator {
namespace {

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::ranges::copy(path, address.sun_path);
  return address;
}

const sockaddr* generic(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

}  // namespace

server::Descriptor connect_unix(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return server::Descriptor();
  server::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return socket;
  if (::connect(socket.get(), generic(*address), sizeof *address) != 0) return server::Descriptor();
  return socket;
}

server::Descriptor listen_unix(const std::string& path) {
  constexpr int backlog = 16;
  const auto address = address_of(path);
  if (!address) return server::Descriptor();
  server::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return socket;
  if (::bind(socket.get(), generic(*address), sizeof *address) != 0) return server::Descriptor();
  if (::listen(socket.get(), backlog) != 0) return server::Descriptor();
  return socket;
}

}  // namespace ben::emulator
