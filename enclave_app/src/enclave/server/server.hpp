// Server: one loop over the listener and its connections. Docs: docs/protocol.md section 1.
#pragma once

#include "server/connection.hpp"
#include "signer/signer.hpp"

namespace ben::server {

inline constexpr std::size_t connections_max = 16;
inline constexpr std::size_t memory_bytes_max = 32UL * 1024 * 1024;  // bodies of all connections together
inline constexpr int frames_a_turn_max = 64;  // of one connection, before the others have their turn
inline constexpr std::chrono::seconds persist_deadline{10};
inline constexpr std::chrono::seconds kms_deadline{60};

class Server {
 public:
  // Both have to outlive the server.
  Server(Listener& listener, signer::Signer& signer) noexcept : listener_(listener), signer_(signer) {}

  // Serves for ever; returns only when waiting for events fails, with `unavailable` (wire-poll).
  Result<> run();

  // Waits once, at most `wait_ms_max`, and serves what came. Fails like run().
  Result<> serve_once(int wait_ms_max);

 private:
  [[nodiscard]] std::size_t memory_left() const;
  void accept_one();
  Result<> serve(Connection& connection);
  Result<> take_frame(Connection& connection, ArrivedFrame frame);
  static void send(Connection& connection, const signer::Reply& reply);

  Listener& listener_;
  signer::Signer& signer_;
  std::vector<Connection> connections_;
};

}  // namespace ben::server
