// One connection to the enclave: frames, in the order of docs/protocol.md section 1.
//
// Everything here runs on the I/O thread.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "broker/enclave_address.hpp"
#include "wire/frame.hpp"

namespace ben::broker {

namespace asio = boost::asio;

// What the enclave may ask for between a request and its answer.
class OperationHandler {
 public:
  OperationHandler() = default;
  virtual ~OperationHandler() = default;
  OperationHandler(const OperationHandler&) = delete;
  OperationHandler& operator=(const OperationHandler&) = delete;
  OperationHandler(OperationHandler&&) = delete;
  OperationHandler& operator=(OperationHandler&&) = delete;

  // `body`: of a PERSIST. True once it is on the disk.
  virtual asio::awaitable<bool> persist(Bytes body) = 0;

  // `body`: of a KMS_DECRYPT. The body of the KMS_REPLY; nothing: the call was not of the known form.
  virtual asio::awaitable<std::optional<Bytes>> decrypt_by_kms(Bytes body) = 0;
};

class EnclaveLink final : public std::enable_shared_from_this<EnclaveLink> {
 public:
  // Connects and exchanges HELLO within `limit`. `operations`: nullptr when no PERSIST or KMS_DECRYPT may
  // come on this connection; has to outlive the link. Fails with `unavailable` (broker-enclave) or `refused`
  // (wire-hello: the enclave speaks another protocol).
  static asio::awaitable<Result<std::shared_ptr<EnclaveLink>>> open(EnclaveAddress address,
                                                                    OperationHandler* operations,
                                                                    std::chrono::milliseconds limit);
  ~EnclaveLink() = default;
  EnclaveLink(const EnclaveLink&) = delete;
  EnclaveLink& operator=(const EnclaveLink&) = delete;
  EnclaveLink(EnclaveLink&&) = delete;
  EnclaveLink& operator=(EnclaveLink&&) = delete;

  // Sends REQUEST or CONFIG and returns the body of its RESPONSE. Calls may overlap. Fails with
  // `unavailable`: broker-enclave (the connection ended), broker-deadline (no answer within `limit`, which
  // ends the connection, as the answers after it cannot be told apart any more).
  asio::awaitable<Result<Bytes>> call(wire::FrameType type, Bytes body, std::chrono::milliseconds limit);

  [[nodiscard]] bool is_open() const noexcept { return open_; }
  [[nodiscard]] std::size_t calls_waiting() const noexcept { return waiting_.size(); }

  // Ends the connection; calls that wait fail, then `on_closed` runs.
  void close();

  // Called once when the connection has ended, for whatever reason.
  std::function<void()> on_closed;

 private:
  struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : wake(executor) {}
    asio::steady_timer wake;  // cancelled: the answer is there, or the connection has ended
    std::optional<Bytes> answer;
  };
  struct Frame {
    wire::FrameType type;
    Bytes body;
  };

  EnclaveLink(const asio::any_io_executor& executor, OperationHandler* operations);

  asio::awaitable<Result<>> connect(const EnclaveAddress& address);
  asio::awaitable<Result<>> exchange_hello();
  asio::awaitable<bool> read_exactly(std::span<std::uint8_t> out);
  asio::awaitable<std::optional<Frame>> read_frame();
  asio::awaitable<bool> handle(Frame frame);
  asio::awaitable<void> read_until_closed();
  asio::awaitable<void> write_until_sent();
  void send(wire::FrameType type, Bytes body);

  asio::generic::stream_protocol::socket socket_;
  OperationHandler* operations_;
  std::deque<std::shared_ptr<Waiter>> waiting_;  // in the order of their requests
  std::vector<Bytes> outgoing_;
  bool writing_ = false;
  bool open_ = false;
  Bytes buffer_;  // bytes received: buffer_[begin_, end_) are not read yet
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace ben::broker
