#include "broker/rpc_text.hpp"

#include <doctest/doctest.h>

namespace ben::broker {
namespace {

TEST_CASE("id and method are found in any order and spelling") {
  struct Case {
    const char* body;
    const char* id;
    const char* method;
  };
  for (const auto& [body, id, method] : {
           Case{R"({"jsonrpc":"2.0","id":7,"method":"get_info","params":{}})", "7", "get_info"},
           Case{R"({"method":"unseal","params":{"id":1,"method":"get_info","a":[{"id":2}]},"id":"x"})",
                "\"x\"", "unseal"},
           Case{R"({"params":["id",{"method":"a"}],"id":-5,"m\u0065thod":"g\u0065nesis"})", "-5", "genesis"},
           Case{R"( { "id" : "a\"b" , "method" : "m" } )", R"("a\"b")", "m"},
           Case{R"({"id":null,"method":"m"})", "null", "m"},
           Case{R"({"id":[1],"method":{"method":"x"}})", "null", ""},
           Case{R"({"id":1.5,"method":true})", "null", ""},
           Case{R"([{"id":1,"method":"m"}])", "null", ""},
           Case{R"("method")", "null", ""},
           Case{R"({"id":1,"method")", "1", ""},
           Case{"", "null", ""},
           Case{"\xff", "null", ""},
       }) {
    CAPTURE(body);
    const RequestHead head = peek_request(as_bytes(body));
    CHECK(head.id == id);
    CHECK(head.method == method);
  }
}

TEST_CASE("an id or a method that is longer than any valid one is not taken over") {
  const std::string text =
      "{\"id\":\"" + std::string(65, 'i') + "\",\"method\":\"" + std::string(65, 'm') + "\"}";
  const RequestHead head = peek_request(as_bytes(text));
  CHECK(head.id == "null");
  CHECK(head.method.empty());
}

TEST_CASE("deep nesting is read without recursion") {
  const std::string text = "{\"params\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') +
                           ",\"method\":\"m\",\"id\":1}";
  CHECK(peek_request(as_bytes(text)).method == "m");
}

TEST_CASE("the four operations are known, and nothing else is one") {
  for (const char* method : {"genesis", "certify_wallet", "unseal", "set_policy"})
    CHECK(is_operation(method));
  for (const char* method : {"", "get_info", "sign_transaction", "Genesis", "genesis "})
    CHECK_FALSE(is_operation(method));
}

TEST_CASE("answers are told apart by their head alone") {
  CHECK_FALSE(classify_answer(R"({"jsonrpc":"2.0","id":7,"result":{"error":1},"proof":{}})").is_error);
  CHECK_FALSE(classify_answer(R"({"jsonrpc":"2.0","id":"a\",\"error\":","result":{},"proof":{}})").is_error);
  const auto refused = classify_answer(
      R"({"jsonrpc":"2.0","id":null,"error":{"code":-32013,"message":"no","data":{"tag":"policy-outflow"}},"proof":{}})");
  CHECK(refused.is_error);
  CHECK(refused.tag == "policy-outflow");
  for (const char* other : {"", "{}", R"({"jsonrpc":"2.0","id":)", R"({"jsonrpc":"2.0","id":")",
                            R"({"jsonrpc":"2.0","id":1,"error":{}})"}) {
    CAPTURE(other);
    CHECK(classify_answer(other).is_error);
    CHECK(classify_answer(other).tag == "other");
  }
}

TEST_CASE("an error of the broker says so and carries the request's id") {
  CHECK(
      encode_broker_error("\"x\"", {ErrorCode::unavailable, "broker-busy", "too much"}) ==
      R"({"jsonrpc":"2.0","id":"x","error":{"code":-32050,"message":"too much","data":{"tag":"broker-busy","origin":"broker"}}})");
}

TEST_CASE("an own request is a JSON-RPC request with the broker's id") {
  CHECK(encode_own_request("get_info", "{}") ==
        R"({"jsonrpc":"2.0","id":"broker","method":"get_info","params":{}})");
}

}  // namespace
}  // namespace ben::broker
