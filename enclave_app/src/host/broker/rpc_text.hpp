// What the broker reads and writes of JSON-RPC: the head of requests, the kind of answers, errors of its own.
//
// Requests are relayed byte for byte and judged by the enclave. The broker only looks: which connection an
// operation takes, which requests it limits, what it counts.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ben::broker {

struct RequestHead {
  std::string id = "null";  // as JSON, to answer with
  std::string method;       // empty: none was found
};

// Reads as far as it takes to find id and method, in any order and any spelling JSON allows. A request that
// the enclave will refuse may have any head.
[[nodiscard]] RequestHead peek_request(ByteView body);

// Methods that need the connection for operations: the enclave may ask for storage or KMS before it answers.
[[nodiscard]] bool is_operation(std::string_view method);

struct AnswerKind {
  bool is_error;
  std::string_view tag;  // of an error; a view into the answer
};

// The kind of an answer of the form of docs/protocol.md section 2.
[[nodiscard]] AnswerKind classify_answer(std::string_view answer);

// The id of the broker's own requests, as JSON.
inline constexpr std::string_view own_id = "\"broker\"";

// A request of the broker's own; `params` is one encoded object.
[[nodiscard]] std::string encode_own_request(std::string_view method, std::string_view params);

// {"jsonrpc":"2.0","id":ID,"error":{"code":-32050,"message":M,"data":{"tag":T,"origin":"broker"}}}
[[nodiscard]] std::string encode_broker_error(std::string_view id, const Error& error);

}  // namespace ben::broker
