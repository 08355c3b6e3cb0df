// HybridListener: connections to one port of an emulated vsock, by the hybrid-vsock convention.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "server/listener.hpp"

namespace ben::emulator {

// Peers that have not said "CONNECT <port>\n" yet: at most so many, each for at most so long. A peer that
// says anything else is closed without an answer, as a port is where nobody listens.
inline constexpr std::size_t greetings_max = 16;
inline constexpr std::chrono::seconds greeting_deadline{5};

class HybridListener final : public server::Listener {
 public:
  // Listens at `path` for connections to `port`. Fails with `unavailable` (wire-listen).
  static Result<std::unique_ptr<HybridListener>> open(const std::string& path, unsigned port);

  [[nodiscard]] int poll_descriptor() const noexcept override { return events_.get(); }
  Result<server::Descriptor> accept() override;

 private:
  struct Greeting {
    server::Descriptor peer;
    std::string said;
    std::chrono::steady_clock::time_point until;
  };
  enum class Progress : std::uint8_t { incomplete, complete, refused };

  HybridListener(server::Descriptor listener, server::Descriptor events, unsigned port)
      : listener_(std::move(listener)),
        events_(std::move(events)),
        wanted_("CONNECT " + std::to_string(port) + "\n") {}

  void take_new_peers();
  void drop_late_peers();
  Progress hear(Greeting& greeting) const;

  server::Descriptor listener_;
  server::Descriptor events_;  // an epoll instance: the listener and every peer in greetings_
  std::string wanted_;
  std::vector<Greeting> greetings_;
};

}  // namespace ben::emulator
