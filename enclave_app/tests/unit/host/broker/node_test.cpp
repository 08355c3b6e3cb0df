#include "broker/node.hpp"

#include <memory>

#include <doctest/doctest.h>

namespace ben::broker {
namespace {

// Stands for a session: what is tested asks only whether there is one.
int session_stand_in = 0;

Node verified_node(verify::SignerState state) {
  Node node;
  node.session = {std::make_shared<int>(), reinterpret_cast<EnclaveSession*>(&session_stand_in)};
  node.measured = true;
  node.statement.emplace();
  node.statement->state = state;
  return node;
}

TEST_CASE("a node is ready when its enclave is verified, armed and has a policy, and not before") {
  Node node = verified_node(verify::SignerState::armed);
  CHECK(why_not_ready(node) == "there is no policy: run set_policy");
  node.statement->policy_hash.emplace();
  CHECK(why_not_ready(node).empty());
  node.measured = false;
  CHECK(why_not_ready(node).find("--expected-measurement") != std::string::npos);
  node.measured = true;
  node.stopping = true;
  CHECK(why_not_ready(node) == "the broker is stopping");
}

TEST_CASE("without a verified enclave the reason is what is known to be in the way") {
  Node node;
  node.measured = true;
  CHECK(why_not_ready(node) == "the enclave is starting");
  node.trouble = "the enclave was lost";
  CHECK(why_not_ready(node) == "the enclave was lost");
  node.statement.emplace();  // of the enclave that was lost
  node.statement->state = verify::SignerState::armed;
  CHECK(why_not_ready(node) == "the enclave was lost");
  CHECK(encode_readiness(node).find("\"state\":\"UNKNOWN\"") != std::string::npos);
}

TEST_CASE("without a wallet the reason says what to run, or what keeps the wallet away") {
  Node node = verified_node(verify::SignerState::empty);
  CHECK(why_not_ready(node) == "there is no wallet: run genesis");
  node.trouble = "KMS cannot be reached";
  CHECK(why_not_ready(node) == "KMS cannot be reached");
  node = verified_node(verify::SignerState::locked);
  CHECK(why_not_ready(node) == "the wallet has no certificate: run certify_wallet");
}

TEST_CASE("readiness is an object of four members") {
  Node node = verified_node(verify::SignerState::armed);
  node.statement->policy_hash.emplace();
  node.statement->wallet_id.emplace();
  const std::string id(64, '0');
  CHECK(encode_readiness(node) == R"({"ready":true,"reason":"","state":"ARMED","wallet_id":")" + id + "\"}");
  CHECK(encode_readiness(Node()) ==
        R"({"ready":false,"reason":"the enclave is starting","state":"UNKNOWN","wallet_id":null})");
}

}  // namespace
}  // namespace ben::broker
