// Server: one loop over the listener and its connections. Docs: docs/protocol.md section 1.
#pragma once

#include <poll.h>

#include <memory>

#include "server/connection.hpp"
#include "signer/signer.hpp"

namespace ben::server {

inline constexpr std::size_t connections_max = 16;
inline constexpr std::size_t memory_bytes_max = 32UL * 1024 * 1024;
inline constexpr std::chrono::seconds persist_deadline{10};
inline constexpr std::chrono::seconds kms_deadline{60};

class Server {
 public:
  // Both have to outlive the server.
  Server(Listener& listener, signer::Signer& signer) noexcept : listener_(listener), signer_(signer) {}

  // Serves for ever; returns only when waiting for events fails, with `unavailable` (wire-poll).
  Result<> run();

  // Waits once, at most `wait_ms_max` (-1: until something happens), and serves what came. Fails like run().
  Result<> serve_once(int wait_ms_max);

 private:
  [[nodiscard]] int wait_ms(int wait_ms_max) const;
  void accept_one();
  Result<> serve(Connection& connection, short events);
  Result<> take_frame(Connection& connection, ArrivedFrame frame);
  void send(Connection& connection, const signer::Reply& reply);
  [[nodiscard]] bool has_missed_deadline(const Connection& connection, Clock::time_point now) const;
  void drop(std::size_t place);

  Listener& listener_;
  signer::Signer& signer_;
  MemoryBudget budget_{memory_bytes_max};
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<pollfd> events_;  // the listener, then connections_ in their order

  // The connection whose operation is under way, and until when it may take.
  Connection* operating_ = nullptr;
  Clock::time_point operation_until_;
};

}  // namespace ben::server
