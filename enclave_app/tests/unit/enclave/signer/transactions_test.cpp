// Signing from outside: who may ask, for what, and what the signatures are worth.
#include "bitcoin/account.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "enclave/signer/flips.hpp"
#include "enclave/signer/node_fixture.hpp"
#include "watch/account_descriptor.hpp"
#include "watch/derivation.hpp"

namespace ben::test {
namespace {

using bitcoin::Branch;
using bitcoin::KeyPath;

// An armed node with a policy, and the public half of its wallet as any client has it.
struct Desk : Node {
  Desk() {
    arm();
    const auto value = json::parse(as_bytes(call("get_descriptors").json));
    for (const json::Value& item : *(*value->object())[0].second.array()) {
      accounts.push_back(
          *watch::parse_descriptor(curve, bitcoin::Network::regtest, *(*item.object())[1].second.text()));
    }
    REQUIRE(set_policy(policy_payload(1, "null", pay_rule(1'000'000))).tag() == "");
  }

  // One coin of each account, a payment and change.
  bitcoin::test::PsbtBuilder mixed(std::uint64_t pay_sats = 150'000) {
    bitcoin::test::PsbtBuilder builder(watch::own_keys(curve, accounts));
    builder.spend({.account = 0, .branch = Branch::receive, .index = 1}, 100'000);
    builder.spend({.account = 1, .branch = Branch::receive, .index = 2}, 100'000);
    builder.pay(bitcoin::make_witness_script(0, Bytes(20, 0x77)), pay_sats);
    builder.pay_own({.account = 1, .branch = Branch::change, .index = 0}, 199'000 - pay_sats);
    return builder;
  }

  std::string request(const Bytes& psbt, std::string_view method = "sign_transaction") {
    return R"({"wallet_id":")" + wallet_id + R"(","method":")" + std::string(method) +
           R"(","params":{"psbt_sha256":")" + encode_hex(sha256(psbt)) + R"("},"request_id":")" +
           next_request_id() + R"(","expires_at":)" + std::to_string(now_ms + 60'000) +
           R"(,"policy_epoch":1})";
  }
  Answer submit(const Bytes& psbt, const std::string& payload, const Ed25519Key& key,
                std::string_view method = "sign_transaction") {
    return call(method, R"({"request":)" + sign_envelope(wire::request_payload_type, payload, {&key}) +
                            R"(,"psbt":")" + encode_base64(psbt) + "\"}");
  }
  Answer sign(const Bytes& psbt) { return submit(psbt, request(psbt), desk); }
  Answer evaluate(const Bytes& psbt) {
    return submit(psbt, request(psbt, "evaluate_transaction"), desk, "evaluate_transaction");
  }

  bitcoin::Curve curve{Secret<32>(ByteArray<32>{9})};
  std::vector<bitcoin::Account> accounts;
};

TEST_CASE("a mixed transaction is signed, the same each time, and both signatures are in it") {
  Desk node;
  const Bytes psbt = node.mixed().draft.encode();
  const Answer first = node.sign(psbt);
  REQUIRE(first.tag() == "");
  CHECK(first.text("rule") == "pay");
  const auto value = json::parse(as_bytes(first.json));
  json::ObjectReader reader(*value);
  CHECK(reader.integer("outflow_sats", 0, INT64_MAX) == 151'000);
  CHECK(reader.integer("fee_sats", 0, INT64_MAX) == 1'000);
  const auto signed_psbt = bitcoin::Psbt::parse(*parse_base64(first.text("psbt")));
  REQUIRE(signed_psbt.has_value());
  CHECK(equal(signed_psbt->transaction_bytes(), bitcoin::Psbt::parse(psbt)->transaction_bytes()));
  CHECK(bitcoin::find_field(signed_psbt->input(0), bitcoin::psbt_in::partial_sig) != nullptr);
  CHECK(bitcoin::find_field(signed_psbt->input(1), bitcoin::psbt_in::tap_key_sig) != nullptr);
  CHECK(node.sign(psbt).json == first.json);
}

TEST_CASE("only a requester of the policy, for this wallet, epoch, method and PSBT, is heard") {
  Desk node;
  const Bytes psbt = node.mixed().draft.encode();
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string payload = node.request(psbt);
    const auto at = payload.find(from);
    REQUIRE(at != std::string::npos);
    return payload.replace(at, from.size(), to);
  };
  CHECK(node.submit(psbt, node.request(psbt), node.mallory).tag() == "auth-key");
  CHECK(node.submit(psbt, node.request(psbt), node.alice).tag() ==
        "auth-key");  // an admin is not a requester
  CHECK(node.submit(psbt, changed(node.wallet_id, std::string(64, 'a')), node.desk).tag() == "auth-wallet");
  CHECK(node.submit(psbt, changed("\"policy_epoch\":1", "\"policy_epoch\":2"), node.desk).tag() ==
        "auth-epoch");
  CHECK(node.submit(psbt, node.request(psbt, "evaluate_transaction"), node.desk).tag() == "auth-method");
  CHECK(node.submit(node.mixed(140'000).draft.encode(), node.request(psbt), node.desk).tag() == "auth-psbt");
  CHECK(node.call("sign_transaction", R"({"psbt":")" + encode_base64(psbt) + "\"}").tag() == "rpc-params");
  CHECK(node.call("sign_transaction", R"({"request":null,"psbt":")" + encode_base64(psbt) + "\"}").tag() ==
        "auth-envelope");

  std::string envelope = sign_envelope(wire::request_payload_type, node.request(psbt), {&node.desk});
  const auto signature_at = envelope.find("\"sig\":\"") + 7;
  envelope[signature_at] = envelope[signature_at] == 'A' ? 'B' : 'A';
  CHECK(node.call("sign_transaction",
                  R"({"request":)" + envelope + R"(,"psbt":")" + encode_base64(psbt) + "\"}")
            .tag() == "auth-signature");
}

TEST_CASE("no bit of a request can flip, and none of the PSBT that it names") {
  Desk node;
  const Bytes psbt = node.mixed().draft.encode();
  const std::string payload = node.request(psbt);
  const auto send = [&](const std::string& envelope, const Bytes& sent) {
    return node.call("sign_transaction",
                     R"({"request":)" + envelope + R"(,"psbt":")" + encode_base64(sent) + "\"}");
  };
  const std::string envelope = sign_envelope(wire::request_payload_type, payload, {&node.desk});
  check_flips_are_refused(envelope, [&](const std::string& text) { return send(text, psbt).tag(); });
  check_flips_are_refused(psbt, [&](const Bytes& bytes) {
    const std::string tag = send(envelope, bytes).tag();
    CHECK(tag == (bytes == psbt ? "" : "auth-psbt"));
    return tag;
  });
}

TEST_CASE("signatures are checked before the PSBT is looked at") {
  Desk node;
  const Bytes garbage(100, 0xff);
  CHECK(node.submit(garbage, node.request(garbage), node.mallory).tag() == "auth-key");
  CHECK(node.submit(garbage, node.request(garbage), node.desk).tag() == "psbt-magic");
}

TEST_CASE("an id that comes back with other content is a replay, with the same content it is judged anew") {
  Desk node;
  const Bytes psbt = node.mixed().draft.encode();
  const std::string payload = node.request(psbt);
  const Answer first = node.submit(psbt, payload, node.desk);
  REQUIRE(first.tag() == "");
  CHECK(node.submit(psbt, payload, node.desk).json == first.json);

  const Bytes other = node.mixed(140'000).draft.encode();
  std::string reused = node.request(other);
  const auto id_of = [](const std::string& text) { return text.find("\"request_id\":\"") + 14; };
  reused.replace(id_of(reused), 32, payload.substr(id_of(payload), 32));
  CHECK(node.submit(other, reused, node.desk).tag() == "auth-replay");

  node.now_ms += 60'000;
  CHECK(node.submit(psbt, payload, node.desk).tag() == "auth-expired");
}

TEST_CASE("time that goes backwards decides nothing") {
  Desk node;
  const Bytes psbt = node.mixed().draft.encode();
  REQUIRE(node.sign(psbt).tag() == "");
  node.now_ms -= 1;
  CHECK(node.sign(psbt).tag() == "nsm-time");
  node.now_ms += 1;
  CHECK(node.sign(psbt).tag() == "");
}

// The txid does not commit to the amounts that are spent: the same one may carry another fee.
TEST_CASE("the same txid with other amounts is another decision") {
  Desk node;
  const auto with_amount = [&](std::uint64_t sats) {
    bitcoin::test::PsbtBuilder builder(watch::own_keys(node.curve, node.accounts));
    builder.spend({.account = 1, .branch = Branch::receive, .index = 2}, 100'000);
    builder.pay(bitcoin::make_witness_script(0, Bytes(20, 0x77)), 90'000);
    // A taproot input may come without its parent, so a lied amount is all it takes.
    std::erase_if(builder.draft.input_fields[0],
                  [](const auto& f) { return f.key[0] == bitcoin::psbt_in::non_witness_utxo; });
    bitcoin::test::find(builder.draft.input_fields[0], bitcoin::psbt_in::witness_utxo)->value =
        bitcoin::test::encode_utxo(
            sats, builder.derive({.account = 1, .branch = Branch::receive, .index = 2}).script);
    return builder.draft.encode();
  };
  const Answer low = node.sign(with_amount(91'000));
  REQUIRE(low.tag() == "");
  const Answer high = node.sign(with_amount(100'000));
  REQUIRE(high.tag() == "");
  CHECK(low.text("txid") == high.text("txid"));
  CHECK(low.text("decision_key") != high.text("decision_key"));
  CHECK(low.text("psbt") != high.text("psbt"));
  CHECK(node.sign(with_amount(300'000)).tag() == "policy-fee");  // judged anew, and refused
}

TEST_CASE("a refusal names its rule and evaluate says the same without signing") {
  Desk node;
  const Bytes psbt = node.mixed().draft.encode();
  const Answer allowed = node.evaluate(psbt);
  REQUIRE(allowed.tag() == "");
  CHECK(allowed.text("verdict") == "allow");
  CHECK(allowed.text("rule") == "pay");
  CHECK(allowed.text("txid") == node.sign(psbt).text("txid"));
  CHECK(allowed.json.find("cHNidP8") == std::string::npos);

  const std::string hash = node.call("get_info").text("policy_hash");
  REQUIRE(node.set_policy(node.policy_payload(2, "\"" + hash + "\"", Node::pay_rule(150'999))).tag() == "");
  const auto submit = [&](std::string_view method) {
    std::string payload = node.request(psbt, method);
    payload.replace(payload.find("\"policy_epoch\":1"), 16, "\"policy_epoch\":2");
    return node.submit(psbt, payload, node.desk, method);
  };
  CHECK(submit("sign_transaction").tag() == "policy-outflow");
  const Answer denied = submit("evaluate_transaction");
  REQUIRE(denied.tag() == "");
  CHECK(denied.text("verdict") == "deny");
  CHECK(denied.text("tag") == "policy-outflow");
  CHECK(node.evaluate(psbt).tag() == "auth-epoch");
}

TEST_CASE("hard rules hold under any policy and reach the client with their tags") {
  Desk node;
  auto builder = node.mixed();
  builder.draft.inputs.push_back(builder.draft.inputs[0]);
  builder.draft.input_fields.push_back(builder.draft.input_fields[0]);
  CHECK(node.sign(builder.draft.encode()).tag() == "psbt-duplicate-input");
  const Answer verdict = node.evaluate(builder.draft.encode());
  CHECK(verdict.text("verdict") == "deny");
  CHECK(verdict.text("tag") == "psbt-duplicate-input");
}

TEST_CASE("without a policy everything is refused") {
  Node node;
  node.arm();
  CHECK(node.call("sign_transaction", "{}").tag() == "policy-missing");
  CHECK(node.call("evaluate_transaction", "{}").tag() == "policy-missing");
}

}  // namespace
}  // namespace ben::test
