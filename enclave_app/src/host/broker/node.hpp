// What the parts of the broker know together about the node. Used by the I/O thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "broker/metrics.hpp"
#include "verify/statement.hpp"

namespace ben::broker {

class EnclaveSession;

struct Node {
  std::shared_ptr<EnclaveSession> session;  // to an enclave whose evidence was verified; null: there is none
  std::optional<verify::Statement> statement;  // the newest one of that enclave
  std::string trouble;  // a sentence: what stands in the way, beyond what the statement shows; empty: nothing
  bool measured = false;  // the image is the one that was expected
  bool stopping = false;
  Metrics metrics;
};

// Why the node cannot sign, a sentence; empty: it can.
[[nodiscard]] std::string why_not_ready(const Node& node);

// The body of GET /readyz.
[[nodiscard]] std::string encode_readiness(const Node& node);

}  // namespace ben::broker
