#include "wire/rpc.hpp"

#include <string>

#include <doctest/doctest.h>

#include "base/hex.hpp"

namespace ben::wire {
namespace {

std::string tag_of(std::string_view body) {
  const auto request = parse_rpc_request(as_bytes(body));
  return request ? "" : std::string(request.error().tag.view());
}

TEST_CASE("a request has a version, an id, a method and perhaps parameters") {
  const auto request = parse_rpc_request(as_bytes(R"({"jsonrpc":"2.0","id":"a\"b","method":"get_info"})"));
  REQUIRE(request.has_value());
  CHECK(request->id == R"("a\"b")");
  CHECK(request->method == "get_info");
  CHECK(request->params.object()->empty());
  CHECK(parse_rpc_request(as_bytes(R"({"jsonrpc":"2.0","id":-7,"method":"m","params":{"x":1}})"))->id ==
        "-7");
}

TEST_CASE("batches, notifications, unknown members and other versions are refused") {
  CHECK(tag_of("{") == "rpc-parse");
  CHECK(tag_of(R"({"jsonrpc":"2.0","id":1,"method":"m","method":"n"})") == "rpc-parse");
  for (const char* body :
       {"[]", R"([{"jsonrpc":"2.0","id":1,"method":"m"}])", R"({"jsonrpc":"2.0","method":"m"})",
        R"({"jsonrpc":"1.0","id":1,"method":"m"})", R"({"jsonrpc":"2.0","id":null,"method":"m"})",
        R"({"jsonrpc":"2.0","id":1.5,"method":"m"})", R"({"jsonrpc":"2.0","id":1,"method":7})",
        R"({"jsonrpc":"2.0","id":1,"method":"m","params":[]})",
        R"({"jsonrpc":"2.0","id":1,"method":"m","extra":1})"}) {
    CAPTURE(body);
    const std::string tag = tag_of(body);
    CHECK((tag == "rpc-request" || tag == "rpc-parse"));
  }
  CHECK(tag_of(R"({"jsonrpc":"2.0","id":")" + std::string(65, 'x') + R"(","method":"m"})") == "rpc-request");
}

TEST_CASE("an answer ends in a proof of a fixed size over the exact bytes") {
  const Ed25519Key key(Secret<32>(ByteArray<32>{1}));
  const BootId boot_id{2};
  const Hash256 request_hash = sha256(as_bytes("the request"));
  for (const bool is_error : {false, true}) {
    const std::string answer = encode_rpc_answer(
        "7", is_error ? Result<std::string>(refused("policy-fee", "no")) : std::string(R"({"a":1})"),
        request_hash, boot_id, key);
    const std::string outcome =
        is_error ? R"({"code":-32013,"message":"no","data":{"tag":"policy-fee"}})" : R"({"a":1})";
    const std::string head =
        is_error ? R"({"jsonrpc":"2.0","id":7,"error":)" : R"({"jsonrpc":"2.0","id":7,"result":)";
    REQUIRE(answer.starts_with(head));
    const std::string tail = answer.substr(answer.size() - proof_text_bytes);
    CHECK(answer == head + outcome + tail);
    CHECK(tail.starts_with(R"(,"proof":{"boot_id":"02000000000000000000000000000000","log_root":")" +
                           std::string(64, '0')));
    const auto signature = parse_hex_array<64>(tail.substr(tail.size() - 131, 128));
    REQUIRE(signature.has_value());
    CHECK(ed25519_verify(key.public_key(), proof_message(boot_id, request_hash, as_bytes(outcome), {}),
                         *signature));
  }
}

TEST_CASE("an error's code follows its tag") {
  struct Case {
    Error error;
    int code;
  };
  const Case cases[] = {{{ErrorCode::malformed, "rpc-parse", ""}, -32700},
                        {{ErrorCode::malformed, "rpc-params", ""}, -32602},
                        {{ErrorCode::malformed, "base64-form", ""}, -32602},
                        {{ErrorCode::refused, "auth-signature", ""}, -32010},
                        {{ErrorCode::refused, "auth-expired", ""}, -32012},
                        {{ErrorCode::refused, "auth-expiry", ""}, -32012},
                        {{ErrorCode::refused, "auth-full", ""}, -32030},
                        {{ErrorCode::refused, "policy-outflow", ""}, -32013},
                        {{ErrorCode::malformed, "psbt-form", ""}, -32015},
                        {{ErrorCode::refused, "state-locked", ""}, -32020},
                        {{ErrorCode::unavailable, "state-busy", ""}, -32030},
                        {{ErrorCode::refused, "seal-open", ""}, -32021},
                        {{ErrorCode::refused, "nsm-time", ""}, -32024},
                        {{ErrorCode::internal, "seal-internal", ""}, -32603}};
  const Ed25519Key key(Secret<32>(ByteArray<32>{1}));
  const auto answer_with = [&](const Error& error) { return encode_rpc_answer("7", error, {}, {}, key); };
  for (const Case& c : cases) {
    CAPTURE(c.error.tag.view());
    CHECK(answer_with(c.error).find("\"code\":" + std::to_string(c.code) + ",") != std::string::npos);
  }
  CHECK(
      answer_with({ErrorCode::malformed, "config-form", "config: bad", "network"})
          .find(R"("error":{"code":-32602,"message":"config: bad: network","data":{"tag":"config-form"}})") !=
      std::string::npos);
}

const std::string id64(64, 'a');
const std::string id32(32, 'b');

TEST_CASE("a signed request has exactly the fields of its method") {
  const std::string sign = R"({"wallet_id":")" + id64 +
                           R"(","method":"sign_transaction","params":{"psbt_sha256":")" + id64 +
                           R"("},"request_id":")" + id32 + R"(","expires_at":1000,"policy_epoch":1})";
  const auto parsed = parse_signed_request(as_bytes(sign));
  REQUIRE(parsed.has_value());
  CHECK(parsed->expires_at_ms == 1000);
  CHECK(parsed->policy_epoch == 1);
  CHECK(encode_hex(*parsed->wallet_id) == id64);

  const std::string genesis = R"({"wallet_id":null,"method":"genesis","params":{"config_hash":")" + id64 +
                              R"(","entropy":[")" + id64 + R"("]},"request_id":")" + id32 +
                              R"(","expires_at":1000,"policy_epoch":0,"boot_id":")" + id32 + R"("})";
  const auto parsed_genesis = parse_signed_request(as_bytes(genesis));
  REQUIRE(parsed_genesis.has_value());
  CHECK(parsed_genesis->entropy.size() == 1);
  CHECK(encode_hex(*parsed_genesis->boot_id) == id32);

  const auto changed = [](std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  for (const std::string& bad :
       {changed(sign, "sign_transaction", "destroy"), changed(sign, "sign_transaction", "genesis"),
        changed(sign, "\"expires_at\":1000", "\"expires_at\":0"),
        changed(sign, "\"policy_epoch\":1", "\"policy_epoch\":-1"), changed(sign, "psbt_sha256", "psbt"),
        changed(sign, "},\"request_id\"", ",\"x\":1},\"request_id\""),
        changed(sign, "\"wallet_id\":\"" + id64 + "\"", "\"wallet_id\":null"), changed(sign, id32, "bb"),
        changed(genesis, "null", "\"" + id64 + "\""),
        changed(genesis, "\"policy_epoch\":0", "\"policy_epoch\":1"),
        changed(genesis, "[\"" + id64 + "\"]", "[\"aa\"]"),
        changed(genesis, ",\"boot_id\":\"" + id32 + "\"", "")}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_signed_request(as_bytes(bad)).has_value());
  }
}

TEST_CASE("the document of a boot statement carries its hash") {
  const Bytes user_data = boot_user_data("{}");
  CHECK(user_data.size() == 11 + 32);
  CHECK(as_text(ByteView(user_data).first(11)) == "ben/boot/v1");
  CHECK(equal(ByteView(user_data).subspan(11), sha256(as_bytes("{}"))));
}

}  // namespace
}  // namespace ben::wire
