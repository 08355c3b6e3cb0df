// Gateway: what HTTP clients see. Requests go to the enclave unchanged, and so do its answers come back.
#pragma once

#include <functional>

#include <boost/asio/thread_pool.hpp>

#include "broker/http_server.hpp"
#include "broker/limits.hpp"
#include "broker/log.hpp"
#include "broker/node.hpp"

namespace ben::broker {

class Gateway final : public HttpService {
 public:
  static constexpr double attestations_per_second = 20;  // each is a call of the one NSM

  // `refresh`: learns the enclave's state anew; called after an operation, before its answer is given.
  Gateway(Node& node, Log& log, asio::thread_pool& workers, std::function<asio::awaitable<void>()> refresh)
      : node_(node), log_(log), workers_(workers), refresh_(std::move(refresh)) {}

  asio::awaitable<HttpReply> answer_rpc(Bytes request) override;
  HttpReply show_health() override;
  HttpReply show_readiness() override;
  HttpReply show_metrics() override;
  void count_connections(std::size_t open) override { node_.metrics.connections = open; }

 private:
  // What the broker says to a request without asking the enclave; nothing: it may pass.
  std::optional<Error> refuse(std::string_view method);
  void count(std::string_view method, std::string_view answer);

  Node& node_;
  Log& log_;
  asio::thread_pool& workers_;
  std::function<asio::awaitable<void>()> refresh_;
  RateLimit attestations_{attestations_per_second};
};

}  // namespace ben::broker
