// How a request reaches a node: one JSON-RPC body out, one answer in. The node's word is believed nowhere
// here.
#pragma once

#include <string>
#include <string_view>

#include "http/client.hpp"

namespace ben::cli {

class Transport {
 public:
  Transport() = default;
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  Transport(Transport&&) = delete;
  Transport& operator=(Transport&&) = delete;

  // The body of the answer, whatever it says. Stops when none came.
  virtual std::string post(std::string_view body) = 0;
};

// POST /rpc of a broker.
class HttpTransport final : public Transport {
 public:
  // `url`: of the node, with or without /rpc. http is taken for this machine only (127.0.0.0/8, ::1,
  // localhost): evidence and proofs protect the answers, but not who sees them. Stops: node-url.
  explicit HttpTransport(const std::string& url);

  // Stops: http-… (unreachable, too slow, not HTTP), node-http (a status and a body that no broker gives).
  std::string post(std::string_view body) override;

 private:
  Url url_;
};

}  // namespace ben::cli
