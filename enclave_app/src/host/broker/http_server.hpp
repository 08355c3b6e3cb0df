// The HTTP side of the broker: POST /rpc, GET /healthz, /readyz and /metrics. Docs: docs/protocol.md
// section 8.
//
// A browser cannot reach /rpc from a foreign page: it must be application/json, for which browsers ask by
// OPTIONS first, and that is 405 here.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/bytes.hpp"
#include "http/outcome.hpp"

namespace ben::broker {

namespace asio = boost::asio;

struct HttpReply {
  unsigned status;
  std::string content_type;
  Bytes body;
};

// What is served. Calls come from the I/O thread.
class HttpService {
 public:
  HttpService() = default;
  virtual ~HttpService() = default;
  HttpService(const HttpService&) = delete;
  HttpService& operator=(const HttpService&) = delete;
  HttpService(HttpService&&) = delete;
  HttpService& operator=(HttpService&&) = delete;

  virtual asio::awaitable<HttpReply> answer_rpc(Bytes request) = 0;
  virtual HttpReply show_health() = 0;
  virtual HttpReply show_readiness() = 0;
  virtual HttpReply show_metrics() = 0;
  virtual void count_connections(std::size_t open) = 0;
};

struct HttpServerOptions {
  std::string address;  // IPv4 or IPv6, without brackets
  std::uint16_t port = 0;
  std::string tls_certificate;  // PEM files, both or neither
  std::string tls_key;
};

class HttpServer {
 public:
  // When so many are open, a new one ends the one that has waited longest for its client, whether for a
  // request or for the reading of an answer; none whose request is being answered.
  static constexpr std::size_t connections_max = 256;
  // Of all bodies, less the first 16 KiB of each.
  static constexpr std::size_t bytes_in_flight_max = std::size_t{32} * 1024 * 1024;

  // Listens. `service` has to outlive the server. Fails with `unavailable` (broker-listen) or `malformed`
  // (broker-tls: certificate or key cannot be used).
  static Outcome<std::unique_ptr<HttpServer>> listen(const asio::any_io_executor& executor,
                                                     HttpService& service, const HttpServerOptions& options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  HttpServer(HttpServer&&) = delete;
  HttpServer& operator=(HttpServer&&) = delete;

  // The port that it listens on.
  [[nodiscard]] std::uint16_t port() const;

  // Stops listening and ends connections that are idle; returns when the others have their answers, or after
  // `limit`, when they are ended too.
  asio::awaitable<void> drain(std::chrono::milliseconds limit);

 private:
  struct State;  // keeps Asio and Beast out of this header
  explicit HttpServer(std::shared_ptr<State> state) noexcept;
  std::shared_ptr<State> state_;
};

}  // namespace ben::broker
