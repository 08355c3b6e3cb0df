#include "policy/policy.hpp"

#include <string>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "bitcoin/address.hpp"
#include "bitcoin/script.hpp"
#include "core/bitcoin/psbt_builder.hpp"

namespace ben::policy {
namespace {

const Ed25519PublicKey desk{1};
const Ed25519PublicKey clerk{2};
const bitcoin::Script treasury = bitcoin::make_witness_script(0, Bytes(20, 0x11));
const bitcoin::Script vault = bitcoin::make_witness_script(1, Bytes(32, 0x22));
const bitcoin::Script elsewhere = bitcoin::make_witness_script(0, Bytes(20, 0x33));

std::string address(const bitcoin::Script& script) {
  return *bitcoin::encode_address(bitcoin::Network::regtest, script);
}

std::string policy_text() {
  return R"({"version":1,"network":"regtest","wallet_id":")" + std::string(64, 'a') +
         R"(","epoch":1,"prev":null,"keys":{"desk":[")" + encode_hex(desk) + R"("],"clerk":[")" +
         encode_hex(clerk) + R"("]},"destinations":{"treasury":[")" + address(treasury) + R"("],"vault":[")" +
         address(vault) + R"("]},"rules":[)" +
         R"({"name":"refill","from":["desk","clerk"],"dest":["treasury","vault","self"],"outflow_max_sats":1000000,"fee":{"max_sats":500,"max_sats_per_vbyte":10}},)" +
         R"({"name":"pay","from":["desk"],"dest":["any"],"outflow_max_sats":50000,"fee":{"max_sats":300,"max_sats_per_vbyte":5}}],)" +
         R"("change":{"max_index":100}})";
}

struct Payment {
  std::vector<std::pair<bitcoin::Script, bool>> destinations;  // script, is_self
  std::uint64_t outflow = 10'000;
  std::uint64_t fee = 100;
  std::uint64_t rate = 1;
};

std::string verdict(const Payment& payment, const Ed25519PublicKey& requester) {
  const auto policy = parse_policy(as_bytes(policy_text()));
  REQUIRE(policy.has_value());
  const bitcoin::Curve curve{Secret<32>(ByteArray<32>{1})};
  const auto wallet = bitcoin::test::make_wallet(curve);
  auto review = bitcoin::review_psbt(
      wallet.own_keys(curve), *bitcoin::Psbt::parse(bitcoin::test::make_spend(curve, wallet, 0, 1)), 100);
  REQUIRE(review.has_value());
  review->destinations.clear();
  for (const auto& [script, is_self] : payment.destinations) {
    review->destinations.push_back({.output = 0, .amount_sats = 1, .script = script, .is_self = is_self});
  }
  review->outflow_sats = payment.outflow;
  review->fee_sats = payment.fee;
  review->fee_rate_sats_per_vbyte = payment.rate;
  const auto rule = admit_transaction(*policy, std::span(&requester, 1), *review);
  return rule ? policy->rules[*rule].name : std::string(rule.error().tag.view());
}

TEST_CASE("the first rule whose requester, destinations and outflow fit decides") {
  struct Case {
    Payment payment;
    const Ed25519PublicKey& requester;
    const char* verdict;
  };
  const Case cases[] = {
      {{.destinations = {{treasury, false}}}, desk, "refill"},
      {{.destinations = {{treasury, false}, {vault, false}}}, clerk, "refill"},
      {{.destinations = {{elsewhere, true}}}, clerk, "refill"},  // self
      {{.destinations = {}}, clerk, "refill"},                   // everything comes back as change
      {{.destinations = {{elsewhere, false}}}, desk, "pay"},
      {{.destinations = {{treasury, false}, {elsewhere, false}}}, desk, "pay"},
      {{.destinations = {{elsewhere, false}}}, clerk, "policy-destination"},
      {{.destinations = {{treasury, false}, {elsewhere, false}}}, clerk, "policy-destination"},
      {{.destinations = {{treasury, false}}}, Ed25519PublicKey{9}, "policy-requester"},
      {{.destinations = {{treasury, false}}, .outflow = 1'000'000}, desk, "refill"},
      {{.destinations = {{treasury, false}}, .outflow = 1'000'001}, desk, "policy-outflow"},
      {{.destinations = {{elsewhere, false}}, .outflow = 50'000}, desk, "pay"},
      {{.destinations = {{elsewhere, false}}, .outflow = 50'001}, desk, "policy-outflow"},
      {{.destinations = {{treasury, false}}, .fee = 500}, desk, "refill"},
      {{.destinations = {{treasury, false}}, .fee = 501}, desk, "policy-fee"},
      {{.destinations = {{treasury, false}}, .rate = 11}, desk, "policy-fee-rate"},
      {{.destinations = {{elsewhere, false}}, .fee = 301}, desk, "policy-fee"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.verdict);
    CHECK(verdict(c.payment, c.requester) == c.verdict);
  }
}

TEST_CASE("a policy with a field changed to a bad value is refused and the field is named") {
  const std::string good = policy_text();
  REQUIRE(parse_policy(as_bytes(good)).has_value());
  struct Case {
    const char* from;
    const char* to;
  };
  for (const Case& c :
       {Case{"\"version\":1", "\"version\":2"}, Case{"regtest", "nonet"}, Case{"\"epoch\":1", "\"epoch\":0"},
        Case{"\"prev\":null", "\"prev\":\"\""}, Case{"\"desk\"", "\"Desk\""}, Case{"\"desk\":", "\"any\":"},
        Case{"\"treasury\":[", "\"self\":["}, Case{"\"clerk\"],\"dest\"", "\"nobody\"],\"dest\""},
        Case{"[\"any\"]", "[\"nowhere\"]"}, Case{"\"outflow_max_sats\":1000000", "\"outflow_max_sats\":-1"},
        Case{"\"outflow_max_sats\":1000000", "\"outflow_max_sats\":2100000000000001"},
        Case{"\"max_sats\":500", "\"max_sats\":\"500\""}, Case{",\"max_sats_per_vbyte\":10", ""},
        Case{"\"name\":\"pay\"", "\"name\":\"refill\""}, Case{"\"name\":\"pay\"", "\"name\":\"\""},
        Case{"\"max_index\":100", "\"max_index\":-1"}, Case{"{\"max_index\":100}", "{}"},
        Case{"\"rules\":[", "\"rule\":["}, Case{"\"change\"", "\"extra\":1,\"change\""}}) {
    CAPTURE(c.from);
    std::string text = good;
    const auto at = text.find(c.from);
    REQUIRE(at != std::string::npos);
    text.replace(at, std::string_view(c.from).size(), c.to);
    const auto refused = parse_policy(as_bytes(text));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().tag.view() == "policy-form");
    CHECK_FALSE(refused.error().detail.view().empty());
  }
}

TEST_CASE("every requester key is listed") {
  const auto policy = parse_policy(as_bytes(policy_text()));
  REQUIRE(policy.has_value());
  CHECK(requester_keys(*policy) == std::vector<Ed25519PublicKey>{desk, clerk});
}

}  // namespace
}  // namespace ben::policy
