#include "broker/notify.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace ben::broker {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

void notify_service_manager(std::string_view message) {
  const std::string_view path = environment("NOTIFY_SOCKET");
  sockaddr_un name{};
  if (path.size() < 2 || path.size() >= sizeof name.sun_path) return;
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  if (path.front() == '@') name.sun_path[0] = '\0';  // a name in the abstract namespace
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  // Nothing can be done about a service manager that does not listen, and nobody waits for one.
  (void)::sendto(socket, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&name), size);
  ::close(socket);
}

std::chrono::microseconds watchdog_interval() {
  const std::string_view text = environment("WATCHDOG_USEC");
  std::uint32_t allowed_us = 0;
  std::from_chars(text.data(), text.data() + text.size(), allowed_us);
  return std::chrono::microseconds(allowed_us / 2);
}

}  // namespace ben::broker
