// Policies take their place in order, and only for the wallet they name.
#include "enclave/signer/flips.hpp"
#include "enclave/signer/node_fixture.hpp"

namespace ben::test {
namespace {

TEST_CASE("policies follow one another by epoch and hash") {
  Node node;
  CHECK(node.set_policy("{}").tag() == "state-empty");
  node.arm();
  CHECK(node.call("get_policy").json == R"({"policy":null})");
  const std::string first = node.policy_payload(3, "null", Node::pay_rule(1000));
  const Answer set = node.set_policy(first);
  REQUIRE(set.tag() == "");
  const std::string first_hash = encode_hex(sha256(as_bytes(first)));
  CHECK(set.text("policy_hash") == first_hash);
  CHECK(node.call("get_info").text("policy_hash") == first_hash);
  CHECK(node.call("get_policy").json == R"({"policy":)" + node.policy + "}");
  CHECK(node.set_policy(first).tag() == "");

  const auto quoted = [](const std::string& hash) { return "\"" + hash + "\""; };
  CHECK(node.set_policy(node.policy_payload(5, quoted(first_hash), Node::pay_rule(2000))).tag() ==
        "policy-epoch");
  CHECK(node.set_policy(node.policy_payload(2, quoted(first_hash), Node::pay_rule(2000))).tag() ==
        "policy-epoch");
  CHECK(node.set_policy(node.policy_payload(4, "null", Node::pay_rule(2000))).tag() == "policy-prev");
  CHECK(node.set_policy(node.policy_payload(4, quoted(std::string(64, 'a')), Node::pay_rule(2000))).tag() ==
        "policy-prev");
  CHECK(node.set_policy(node.policy_payload(4, quoted(first_hash), Node::pay_rule(2000))).tag() == "");
  CHECK(node.set_policy(first).tag() == "policy-epoch");  // the old one does not come back
}

TEST_CASE("a policy of another wallet, network, too few admins or another form is refused") {
  Node node;
  node.arm();
  const std::string good = node.policy_payload(1, "null", Node::pay_rule(1000));
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  CHECK(node.set_policy(changed(node.wallet_id, std::string(64, 'a'))).tag() == "policy-wallet");
  CHECK(node.set_policy(changed("regtest", "signet")).tag() == "policy-network");
  CHECK(node.set_policy(changed("\"epoch\":1", "\"epoch\":0")).tag() == "policy-form");
  CHECK(node.set_policy(changed("\"version\":1", "\"version\":2")).tag() == "policy-form");
  CHECK(node.set_policy(changed("\"change\"", "\"changes\"")).tag() == "policy-form");
  CHECK(node.set_policy(changed("[\"any\"]", "[\"treasury\"]")).tag() == "policy-form");
  CHECK(node.set_policy(changed("[\"any\"]", "[]")).tag() == "policy-form");
  CHECK(node.set_policy(changed("\"from\":[\"desk\"]", "\"from\":[\"any\"]")).tag() == "policy-form");
  CHECK(node.set_policy(changed("\"destinations\":{}",
                                "\"destinations\":{\"t\":[\"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4\"]}"))
            .tag() == "policy-form");
  CHECK(node.set_policy(changed("\"destinations\":{}", "\"destinations\":{\"any\":[]}")).tag() ==
        "policy-form");
  const std::string alone = sign_envelope(wire::policy_payload_type, good, {&node.alice});
  CHECK(node.call("set_policy", R"({"policy":)" + alone + "}").tag() == "auth-threshold");
  CHECK(node.call("get_policy").json == R"({"policy":null})");
  CHECK(node.set_policy(good).tag() == "");
}

TEST_CASE("no bit of a policy can flip") {
  Node node;
  node.arm();
  const std::string payload = node.policy_payload(1, "null", Node::pay_rule(1000));
  check_flips_are_refused(sign_envelope(wire::policy_payload_type, payload, {&node.alice, &node.bob}),
                          [&](const std::string& envelope) {
                            return node.call("set_policy", R"({"policy":)" + envelope + "}").tag();
                          });
}

TEST_CASE("get_info is the boot statement, its fields in one order") {
  Node node;
  const std::string boot_id = node.boot_id();
  const std::string head = R"({"protocol":1,"version":"0.1.0","boot_id":")" + boot_id +
                           R"(","network":"regtest","response_key":")" + encode_hex(*node.response_key) +
                           R"(","hpke_key":null,)";
  const std::string config = R"("config_hash":")" + node.config_hash() + "\",";
  const auto end = [](const std::string& state) {
    return R"("state":")" + state + R"(","state_seq":0,"log":null,"rng":"test-rng"})";
  };
  CHECK(node.call("get_info").json == head + R"("wallet_id":null,"origin":null,)" + config +
                                          R"("policy_hash":null,"policy_epoch":0,)" + end("EMPTY"));
  const std::string wallet = R"("wallet_id":")" + node.genesis().text("wallet_id") + "\",";
  CHECK(node.call("get_info").json == head + wallet + R"("origin":null,)" + config +
                                          R"("policy_hash":null,"policy_epoch":0,)" + end("LOCKED"));
  node.wallet_id = node.call("get_info").text("wallet_id");
  REQUIRE(node.certify(node.wallet_id).text("state") == "ARMED");
  const std::string policy = node.policy_payload(1, "null", Node::pay_rule(1000));
  REQUIRE(node.set_policy(policy).tag() == "");
  CHECK(node.call("get_info").json == head + wallet + R"("origin":"generated",)" + config +
                                          R"("policy_hash":")" + encode_hex(sha256(as_bytes(policy))) +
                                          R"(","policy_epoch":1,)" + end("ARMED"));
}

TEST_CASE("every method refuses an unknown parameter") {
  Node node;
  node.arm();
  for (const char* method :
       {"get_info", "get_attestation", "get_public_key", "get_address", "get_descriptors", "get_policy",
        "genesis", "certify_wallet", "unseal", "set_policy"}) {
    CAPTURE(method);
    CHECK(node.call(method, R"({"unknown":1})").tag() == "rpc-params");
  }
  CHECK(node.call("destroy_everything").tag() == "rpc-method");
}

TEST_CASE(
    "the document of get_attestation carries the nonce, the statement and PCR16, and nothing the caller "
    "chose besides") {
  Node node;
  const std::string nonce(64, 'c');
  const Answer answer = node.call("get_attestation", R"({"nonce":")" + nonce + "\"}");
  REQUIRE(answer.tag() == "");
  const Bytes document = *parse_base64(answer.text("document"));
  const std::string text(as_text(document));
  CHECK(text.find(std::string(as_text(*parse_hex(nonce)))) != std::string::npos);
  CHECK(text.find(std::string(as_text(wire::boot_user_data(answer.text("statement"))))) != std::string::npos);
  CHECK(text.find(std::string(as_text(*parse_hex(node.configured.text("pcr16"))))) != std::string::npos);
  CHECK(answer.text("statement") == node.call("get_info").json);
  for (const char* params :
       {"{}", R"({"nonce":""})", R"({"nonce":"00"})", R"({"nonce":5})", R"({"nonce":"zz"})"}) {
    CHECK(node.call("get_attestation", params).tag() == "rpc-params");
  }
  CHECK(node.call("get_attestation", R"({"nonce":")" + std::string(130, 'a') + "\"}").tag() == "rpc-params");
  CHECK(node.call("get_attestation", R"({"nonce":")" + nonce + R"(","user_data":"00"})").tag() ==
        "rpc-params");
}

}  // namespace
}  // namespace ben::test
