#include "verify/answer.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "json/writer.hpp"

namespace ben {
namespace {

const Ed25519Key key{Secret<32>(ByteArray<32>{1})};
constexpr wire::BootId boot_id{7};
constexpr std::string_view request = R"({"jsonrpc":"2.0","id":"a","method":"get_info","params":{}})";
constexpr std::string_view id = R"("a")";

struct Outcome {
  bool is_error;
  std::string json;
};

// An answer as a signer writes it, also one that an honest signer never would.
std::string answer_of(const Outcome& outcome, std::string_view answer_id = id) {
  const Hash256 log_root{};
  const Bytes message =
      wire::proof_message(boot_id, sha256(as_bytes(request)), as_bytes(outcome.json), log_root);
  return json::ObjectWriter()
      .text("jsonrpc", "2.0")
      .raw("id", answer_id)
      .raw(outcome.is_error ? "error" : "result", outcome.json)
      .raw("proof", json::ObjectWriter()
                        .text("boot_id", encode_hex(boot_id))
                        .text("log_root", encode_hex(log_root))
                        .text("signature", encode_hex(key.sign(message)))
                        .finish())
      .finish();
}

bool is_believed(std::string_view text) {
  const auto answer = verify::parse_answer(text, id);
  return answer && verify::verify_proof(*answer, as_bytes(request), boot_id, key.public_key());
}

TEST_CASE("what a signer answers is believed, result or error") {
  const std::string result = answer_of({.is_error = false, .json = R"({"n":1})"});
  const auto answer = verify::parse_answer(result, id);
  REQUIRE(answer.has_value());
  CHECK(answer->outcome == R"({"n":1})");
  CHECK_FALSE(answer->is_error);
  CHECK(is_believed(result));
  CHECK(is_believed(answer_of({.is_error = true, .json = R"({"code":-1})"})));
  CHECK(result ==
        wire::encode_rpc_answer(id, std::string(R"({"n":1})"), sha256(as_bytes(request)), boot_id, key));
}

TEST_CASE("an error without the request's id is one of a request that was not read") {
  const auto error = [](const std::string& tag) {
    return Outcome{.is_error = true, .json = R"({"code":-1,"message":"no","data":{"tag":")" + tag + R"("}})"};
  };
  CHECK(is_believed(answer_of(error("rpc-busy"), "null")));
  CHECK(is_believed(answer_of(error("policy-fee"))));
  CHECK_FALSE(is_believed(answer_of(error("policy-fee"), "null")));
  CHECK_FALSE(is_believed(answer_of({.is_error = true, .json = R"({"code":-1})"}, "null")));
  CHECK_FALSE(is_believed(answer_of({.is_error = false, .json = R"({"tag":"rpc-busy"})"}, "null")));
}

TEST_CASE("an answer with one flipped bit, or a missing or added byte, is refused") {
  const std::string text = answer_of({.is_error = false, .json = R"({"n":1})"});
  for (std::size_t i = 0; i < text.size(); ++i) {
    CAPTURE(i);
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ static_cast<char>(1U << bit));
      CHECK_FALSE(is_believed(changed));
    }
    CHECK_FALSE(is_believed(text.substr(0, i)));
    std::string longer = text;
    longer.insert(i, " ");
    CHECK_FALSE(is_believed(longer));
  }
  CHECK_FALSE(is_believed(text + " "));
}

TEST_CASE("an error is not passed off as a result, nor a result as an error") {
  std::string error = answer_of({.is_error = true, .json = R"({"code":-1})"});
  CHECK_FALSE(is_believed(error.replace(error.find("error"), 5, "result")));
  std::string result = answer_of({.is_error = false, .json = R"({"n":1})"});
  CHECK_FALSE(is_believed(result.replace(result.find("result"), 6, "error")));
}

TEST_CASE("the answer to another request, of another boot or another signer is refused") {
  const std::string text = answer_of({.is_error = false, .json = "{}"});
  const auto answer = verify::parse_answer(text, id);
  REQUIRE(answer.has_value());
  const auto other_request = verify::verify_proof(*answer, as_bytes("{}"), boot_id, key.public_key());
  REQUIRE_FALSE(other_request.has_value());
  CHECK(other_request.error().tag.view() == "answer-proof");
  const auto other_boot = verify::verify_proof(*answer, as_bytes(request), {8}, key.public_key());
  REQUIRE_FALSE(other_boot.has_value());
  CHECK(other_boot.error().tag.view() == "answer-boot");
  const Ed25519Key other_key{Secret<32>(ByteArray<32>{2})};
  CHECK_FALSE(verify::verify_proof(*answer, as_bytes(request), boot_id, other_key.public_key()).has_value());
  CHECK_FALSE(verify::parse_answer(text, R"("b")").has_value());
  CHECK_FALSE(verify::parse_answer(answer_of({.is_error = false, .json = "{}"}, "null"), id).has_value());
}

TEST_CASE("a broker's error is told from everything else") {
  const std::string honest =
      R"({"jsonrpc":"2.0","id":"a","error":{"code":-32050,"message":"no enclave","data":{"tag":"broker-enclave","origin":"broker"}}})";
  const auto error = verify::parse_broker_error(honest);
  REQUIRE(error.has_value());
  CHECK(error->tag == "broker-enclave");
  CHECK(error->message == "no enclave");
  for (
      const char* text :
      {R"({"jsonrpc":"2.0","id":"a","result":{}})",
       R"({"jsonrpc":"2.0","id":"a","error":{"code":1,"message":"","data":{"tag":"policy-fee","origin":"broker"}}})",
       R"({"jsonrpc":"2.0","id":"a","error":{"code":1,"message":"","data":{"tag":"broker-x"}}})",
       R"({"jsonrpc":"2.0","id":"a","error":{"code":1,"message":"","data":{"tag":"broker-x","origin":"signer"}}})",
       "", "null", "[]", "<html>"}) {
    CAPTURE(text);
    CHECK_FALSE(verify::parse_broker_error(text).has_value());
  }
}

}  // namespace
}  // namespace ben
