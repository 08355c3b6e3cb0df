#include "init/boot.hpp"

#include <sys/socket.h>

#include <cstdint>

#include "init/unix_socket.hpp"

namespace ben::emulator {

Result<> send_heartbeat(const std::string& path) {
  constexpr std::uint8_t heartbeat = 0xb7;
  const server::Descriptor host = connect_unix(path);
  std::uint8_t echo = 0;
  if (host.get() < 0 || ::send(host.get(), &heartbeat, 1, MSG_NOSIGNAL) != 1 ||
      ::recv(host.get(), &echo, 1, 0) != 1 || echo != heartbeat) {
    return Error{ErrorCode::unavailable, "wire-heartbeat", "init: the host did not answer the heartbeat"};
  }
  return Ok{};
}

}  // namespace ben::emulator
