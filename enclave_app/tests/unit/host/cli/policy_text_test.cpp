#include "cli/policy_text.hpp"

#include <doctest/doctest.h>

#include "base/base64.hpp"
#include "cli/config_lint.hpp"
#include "cli/stop.hpp"
#include "enclave/sealing/sealing_fixture.hpp"

namespace ben {
namespace {

const std::string key =
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";  // RFC 8032, TEST 1
const std::string wallet_id(64, 'a');

cli::PolicyNewOptions some_options() {
  cli::PolicyNewOptions options;
  options.requesters = {"desk=" + key};
  options.outflow_max_sats = 150'000'000;
  return options;
}

bool contains(const std::vector<std::string>& lines, std::string_view text) {
  for (const std::string& line : lines) {
    if (line.find(text) != std::string::npos) return true;
  }
  return false;
}

TEST_CASE("without --rule there is one rule, for every group") {
  const std::string text = cli::make_policy_text(some_options(), "regtest", wallet_id);
  const auto policy = policy::parse_policy(as_bytes(text));
  REQUIRE(policy.has_value());
  REQUIRE(policy->rules.size() == 1);
  CHECK(policy->rules[0].outflow_sats_max == 150'000'000);
  CHECK((policy->rules[0].destinations & policy::any_bit) != 0);
  CHECK(policy->epoch == 1);
  CHECK_FALSE(policy->previous.has_value());
  const auto lines = cli::explain(*policy);
  CHECK(contains(lines, "1. pay: desk may send to any address, at most 1.50000000 BTC in one transaction"));
  CHECK(contains(lines, "Everything else is refused."));
}

TEST_CASE("rules take what they leave out from the other flags, in the order given") {
  auto options = some_options();
  options.destinations = {
      "treasury=bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"};  // key of BIP 173's examples
  options.rules = {"name=refill,dest=treasury+self,outflow=500000000,fee=200000,fee-rate=300",
                   "name=small,dest=any"};
  options.epoch = 2;
  options.previous = std::string(64, 'b');
  const auto policy = policy::parse_policy(as_bytes(cli::make_policy_text(options, "regtest", wallet_id)));
  REQUIRE(policy.has_value());
  REQUIRE(policy->rules.size() == 2);
  CHECK(policy->rules[0].name == "refill");
  CHECK(policy->rules[0].fee_sats_per_vbyte_max == 300);
  CHECK((policy->rules[0].destinations & policy::any_bit) == 0);
  CHECK((policy->rules[0].destinations & policy::self_bit) != 0);
  CHECK(policy->rules[1].outflow_sats_max == 150'000'000);
  CHECK(policy->previous.has_value());
  const auto lines = cli::explain(*policy);
  CHECK(contains(lines, "1. refill: desk may send to list treasury and the wallet's own receive addresses"));
  CHECK(contains(lines, "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"));
}

TEST_CASE("flags that make no policy are refused with a sentence") {
  const auto tag_of = [](const cli::PolicyNewOptions& options) -> std::string {
    try {
      (void)cli::make_policy_text(options, "regtest", wallet_id);
    } catch (const cli::Stop& stop) {
      return stop.tag();
    }
    return "";
  };
  auto options = some_options();
  options.outflow_max_sats = -1;
  CHECK(tag_of(options) == "usage");
  options = some_options();
  options.requesters = {};
  CHECK(tag_of(options) == "usage");
  options.requesters = {"desk"};
  CHECK(tag_of(options) == "usage");
  options = some_options();
  options.rules = {"limit=1"};
  CHECK(tag_of(options) == "usage");
  options.rules = {"outflow=1.5"};
  CHECK(tag_of(options) == "usage");
  options.rules = {"dest=nowhere"};
  CHECK(tag_of(options) == "policy-form");
  options.rules = {"from=nobody"};
  CHECK(tag_of(options) == "policy-form");
  options = some_options();
  options.destinations = {"treasury=bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"};  // of another network
  CHECK(tag_of(options) == "policy-form");
}

std::string config(const std::string& network, const std::string& threshold, const std::string& keys) {
  return R"({"version":1,"network":")" + network + R"(","kms":null,"admins":{"threshold":)" + threshold +
         R"(,"keys":[)" + keys +
         R"(]},"accounts":[{"purpose":84,"account":0}],"arming":"automatic","floors":{"policy_epoch":1}})";
}

TEST_CASE(
    "the linter refuses what the broker would: a KMS key that is named by no ARN, or a multi-region one") {
  const auto lint_of = [](const std::string& arn) {
    std::string text = config("regtest", "1", "\"" + key + "\"");
    const std::string kms =
        R"({"key_arn":")" + arn + R"(","public_key":")" + encode_base64(test::kms_key().spki()) + "\"}";
    return cli::lint(as_bytes(text.replace(text.find("null"), 4, kms)));
  };
  const auto has_error = [](const std::vector<cli::Finding>& findings, std::string_view tag) {
    return std::ranges::any_of(findings,
                               [&](const auto& finding) { return finding.is_error && finding.tag == tag; });
  };
  CHECK(has_error(lint_of("alias/seal"), "kms-key-arn"));
  CHECK(has_error(lint_of("arn:aws:kms:us-east-1:123456789012:key/mrk-1"), "kms-key-unfit"));
  for (const cli::Finding& finding : lint_of("arn:aws:kms:us-east-1:123456789012:key/a"))
    CHECK(finding.tag == "config-one-admin");
}

TEST_CASE("the linter names what gives a wallet away, and what is unwise") {
  const std::string a = "\"" + key + "\"";
  const std::string b =
      "\"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c\"";  // RFC 8032, TEST 2
  const std::string c =
      "\"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025\"";  // RFC 8032, TEST 3
  const std::string small = "\"01" + std::string(62, '0') + "\"";
  struct Case {
    std::string text;
    bool is_error;
    const char* tag;
  };
  for (const Case& c2 : {Case{config("regtest", "1", a), false, "config-one-admin"},
                         Case{config("regtest", "1", a + "," + b), false, "config-threshold-one"},
                         Case{config("regtest", "2", a + "," + b), false, "config-threshold-all"},
                         Case{config("regtest", "2", a + "," + b + "," + c), false, "config-no-kms"},
                         Case{config("regtest", "2", a + "," + b + "," + small), true, "config-admin-key"},
                         Case{config("regtest", "3", a + "," + b), true, "config-form"},
                         Case{config("regtest", "0", a), true, "config-form"},
                         Case{config("regtest", "1", a + "," + a), true, "config-form"},
                         Case{config("main", "2", a + "," + b), true, "mainnet-needs-custody"}}) {
    CAPTURE(c2.text);
    const auto findings = cli::lint(as_bytes(c2.text));
    bool found = false;
    for (const cli::Finding& finding : findings)
      found = found || (finding.tag == c2.tag && finding.is_error == c2.is_error && !finding.text.empty());
    CHECK(found);
  }
}

}  // namespace
}  // namespace ben
