// The connections to one enclave: several for ordinary requests, one for operations.
#pragma once

#include <memory>
#include <vector>

#include "broker/enclave_link.hpp"

namespace ben::broker {

class EnclaveSession final {
 public:
  // Answers come in the order of the requests on a connection: beside one that carries a large PSBT there is
  // another. One, two and four of them measure alike, as the signer does one thing at a time.
  static constexpr std::size_t ordinary_links = 2;

  // Opens the connections within `limit`. Fails as EnclaveLink::open does.
  static asio::awaitable<Result<std::shared_ptr<EnclaveSession>>> open(EnclaveAddress address,
                                                                       OperationHandler& operations,
                                                                       std::chrono::milliseconds limit);
  ~EnclaveSession() { close(); }  // NOLINT(bugprone-exception-escape): throws only where there is no memory
  EnclaveSession(const EnclaveSession&) = delete;
  EnclaveSession& operator=(const EnclaveSession&) = delete;
  EnclaveSession(EnclaveSession&&) = delete;
  EnclaveSession& operator=(EnclaveSession&&) = delete;

  // Relays one JSON-RPC request. Fails as EnclaveLink::call does, and with `unavailable` (broker-busy) for an
  // operation while another one is under way: the enclave takes nothing else on that connection meanwhile.
  asio::awaitable<Result<Bytes>> request(Bytes body, bool is_operation);
  asio::awaitable<Result<Bytes>> send_config(Bytes config);

  [[nodiscard]] bool is_open() const noexcept;

  // Returns when a connection has ended; the others are then ended too. For one caller.
  asio::awaitable<void> wait_until_closed();

  void close();

 private:
  explicit EnclaveSession(const asio::any_io_executor& executor) : closed_(executor) {}
  void add(std::shared_ptr<EnclaveLink> link);
  [[nodiscard]] EnclaveLink& least_busy() const noexcept;

  std::vector<std::shared_ptr<EnclaveLink>> links_;  // the first one is for operations
  asio::steady_timer closed_;                        // cancelled when a connection has ended
  bool is_operating_ = false;
};

}  // namespace ben::broker
