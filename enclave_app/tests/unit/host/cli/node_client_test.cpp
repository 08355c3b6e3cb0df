#include "cli/node_client.hpp"

#include <chrono>
#include <functional>

#include "cli/stop.hpp"
#include "enclave/signer/node_fixture.hpp"

namespace ben::test {
namespace {

// A real signer behind a broker that may change what passes.
class LyingBroker final : public cli::Transport {
 public:
  explicit LyingBroker(Node& node) : node_(node) {}

  std::string post(std::string_view body) override {
    node_.machine().begin_group();
    const auto reply = node_.play(node_.machine().handle(to_bytes(as_bytes(body))));
    honest_answer = std::string(as_text(reply.body));
    return lie ? lie(honest_answer) : honest_answer;
  }

  std::string honest_answer;
  std::function<std::string(std::string)> lie;

 private:
  Node& node_;
};

struct Client : Node {
  Client() {
    now_ms = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                            std::chrono::system_clock::now().time_since_epoch())
                                            .count());
    boot();
    arm();
  }

  [[nodiscard]] verify::Pins pins() const {
    verify::Pins pins;
    pins.root = root_certificate();
    pins.measurements = verify::Measurements{.pcr0 = {1}, .pcr1 = {2}, .pcr2 = {3}};
    pins.config = config();
    pins.wallet_id = parse_hex_array<32>(wallet_id).operator*();
    return pins;
  }
  cli::NodeClient connect() { return cli::NodeClient::connect(broker, pins()); }

  LyingBroker broker{*this};
};

template <typename Call>
std::string tag_of_stop(const Call& call) {
  try {
    call();
  } catch (const cli::Stop& stop) {
    return stop.tag();
  }
  return "";
}

TEST_CASE("a node is believed under its pins, and its answers are what the signer said") {
  Client node;
  auto client = node.connect();
  CHECK(client.statement().state == verify::SignerState::armed);
  CHECK(client.has_test_root());
  CHECK(client.now_ms() == node.now_ms);
  const auto info = client.call("get_info", "{}");
  CHECK(text_member(info.json, "wallet_id") == node.wallet_id);
}

TEST_CASE("a broker that changes one character of any answer is refused, whatever the method") {
  Client node;
  auto client = node.connect();
  const std::string place = R"({"account":"bip84/0","branch":0,"index":3})";
  const std::vector<std::pair<std::string, std::string>> calls = {
      {"get_info", "{}"},      {"get_descriptors", "{}"},  {"get_policy", "{}"},
      {"get_address", place},  {"get_public_key", place},  {"get_attestation", "{}"},
      {"genesis", "{}"},       {"certify_wallet", "{}"},   {"unseal", "{}"},
      {"set_policy", "{}"},    {"sign_transaction", "{}"}, {"evaluate_transaction", "{}"},
      {"no_such_method", "{}"}};
  for (const auto& [method, params] : calls) {
    CAPTURE(method);
    node.broker.lie = nullptr;
    (void)tag_of_stop([&] { (void)client.call(method, params); });
    const std::size_t size = node.broker.honest_answer.size();
    for (std::size_t i = 0; i < size; ++i) {
      CAPTURE(i);
      node.broker.lie = [i](std::string answer) {
        answer[i % answer.size()] = static_cast<char>(answer[i % answer.size()] ^ 2);
        return answer;
      };
      const std::string tag = tag_of_stop([&] { (void)client.call(method, params); });
      CHECK(tag.starts_with("answer-"));
    }
  }
}

TEST_CASE("a client that attests too soon waits and asks again, and not for ever") {
  constexpr const char* too_soon =
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32030,"message":"wait","data":{"tag":"broker-rate","origin":"broker"}}})";
  Client node;
  int asked = 0;
  node.broker.lie = [&](const std::string& answer) { return ++asked <= 3 ? too_soon : answer; };
  CHECK(node.connect().statement().state == verify::SignerState::armed);
  CHECK(asked == 4);
  asked = -100;
  CHECK(tag_of_stop([&] { (void)node.connect(); }) == "broker-rate");
  CHECK(asked == -80);
}

TEST_CASE("evidence that a broker has changed is refused") {
  Client node;
  (void)node.connect();
  const std::size_t size = node.broker.honest_answer.size();
  REQUIRE(size > 5000);
  for (std::size_t i = 0; i < size; i += 61) {
    CAPTURE(i);
    node.broker.lie = [i](std::string answer) {
      answer[i % answer.size()] = static_cast<char>(answer[i % answer.size()] ^ 2);
      return answer;
    };
    CHECK(tag_of_stop([&] { (void)node.connect(); }) != "");
  }
}

TEST_CASE("an answer given before is not an answer now") {
  Client node;
  auto client = node.connect();
  (void)client.call("get_info", "{}");
  node.broker.lie = [old = node.broker.honest_answer](const std::string&) { return old; };
  CHECK(tag_of_stop([&] { (void)client.call("get_info", "{}"); }) == "answer-form");
}

TEST_CASE("after a restart the answers of the new boot are refused until the evidence is judged again") {
  Client node;
  auto client = node.connect();
  node.boot();
  CHECK(tag_of_stop([&] { (void)client.call("get_info", "{}"); }) == "answer-boot");
  CHECK(tag_of_stop([&] { (void)node.connect(); }) == "wallet-missing");
}

TEST_CASE("the signer's no, the broker's no and noise are three things") {
  Client node;
  auto client = node.connect();
  const auto origin_of = [&](const auto& call) -> std::string {
    try {
      call();
    } catch (const cli::Stop& stop) {
      return stop.origin();
    }
    return "";
  };
  const auto ask = [&] { (void)client.call("no_such_method", "{}"); };
  CHECK(tag_of_stop(ask) == "rpc-method");
  CHECK(origin_of(ask) == "signer");
  node.broker.lie = [](const std::string&) {
    return std::string(
        R"({"jsonrpc":"2.0","id":1,"error":{"code":-32050,"message":"gone","data":{"tag":"broker-enclave","origin":"broker"}}})");
  };
  CHECK(tag_of_stop(ask) == "broker-enclave");
  CHECK(origin_of(ask) == "broker");
  node.broker.lie = [](const std::string&) { return std::string(R"({"jsonrpc":"2.0","id":1,"result":{}})"); };
  CHECK(tag_of_stop(ask) == "answer-form");
  node.broker.lie = [](std::string answer) {
    return answer.replace(answer.find("\"error\""), 7, "\"result\"");
  };
  CHECK(tag_of_stop(ask) == "answer-form");
}

}  // namespace
}  // namespace ben::test
