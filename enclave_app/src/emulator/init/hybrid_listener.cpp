#include "init/hybrid_listener.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "init/unix_socket.hpp"

namespace ben::emulator {
namespace {

constexpr Error no_connection{ErrorCode::unavailable, "wire-accept", "vsock: no connection is waiting"};

// The number names the host's end of the connection; nobody asks for it.
constexpr std::string_view answer = "OK 1073741824\n";

bool watch(int events, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  return ::epoll_ctl(events, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

}  // namespace

Result<std::unique_ptr<HybridListener>> HybridListener::open(const std::string& path, unsigned port) {
  server::Descriptor listener = listen_unix(path);
  server::Descriptor events(::epoll_create1(EPOLL_CLOEXEC));
  if (listener.get() < 0 || events.get() < 0 || !watch(events.get(), listener.get())) {
    return Error{ErrorCode::unavailable, "wire-listen", "vsock: cannot listen at the socket's path"};
  }
  return std::unique_ptr<HybridListener>(new HybridListener(std::move(listener), std::move(events), port));
}

Result<server::Descriptor> HybridListener::accept() {
  drop_late_peers();
  take_new_peers();
  for (auto greeting = greetings_.begin(); greeting != greetings_.end();) {
    const Progress progress = hear(*greeting);
    if (progress == Progress::incomplete) {
      ++greeting;
      continue;
    }
    server::Descriptor peer = std::move(greeting->peer);
    greeting = greetings_.erase(greeting);
    if (progress == Progress::refused) continue;
    ::epoll_ctl(events_.get(), EPOLL_CTL_DEL, peer.get(), nullptr);
    if (::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(answer.size())) {
      continue;
    }
    return peer;
  }
  return no_connection;
}

void HybridListener::take_new_peers() {
  while (greetings_.size() < greetings_max) {
    server::Descriptor peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (peer.get() < 0 || !watch(events_.get(), peer.get())) return;
    const auto until = std::chrono::steady_clock::now() + greeting_deadline;
    greetings_.push_back({.peer = std::move(peer), .said = {}, .until = until});
  }
  // Nobody may keep the others out by saying nothing: the one that has waited longest goes.
  greetings_.erase(greetings_.begin());
}

void HybridListener::drop_late_peers() {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(greetings_, [now](const Greeting& greeting) { return greeting.until < now; });
}

// Reads byte by byte: what follows the line is not for here.
HybridListener::Progress HybridListener::hear(Greeting& greeting) const {
  while (greeting.said.size() < wanted_.size()) {
    char next = 0;
    const ssize_t count = ::recv(greeting.peer.get(), &next, 1, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return Progress::incomplete;
    if (count != 1 || next != wanted_[greeting.said.size()]) return Progress::refused;
    greeting.said.push_back(next);
  }
  return Progress::complete;
}

}  // namespace ben::emulator
