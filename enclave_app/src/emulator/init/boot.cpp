#include "init/boot.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdint>

#include "init/unix_socket.hpp"

namespace ben::emulator {

Result<> harden_process() {
  constexpr rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0) != 0) {
    return Error{ErrorCode::internal, "init-harden", "init: the process could not be protected"};
  }
  return Ok{};
}

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
