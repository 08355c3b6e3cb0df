#include "policy/config.hpp"

#include <string>

#include <doctest/doctest.h>

namespace ben::policy {
namespace {

const std::string admin_a(64, 'a');
const std::string admin_b(64, 'b');

std::string config_text() {
  return R"({"version":1,"network":"signet","kms":null,"admins":{"threshold":2,"keys":[")" + admin_a +
         "\",\"" + admin_b +
         R"("]},"accounts":[{"purpose":84,"account":0},{"purpose":86,"account":7}],"arming":"automatic","floors":{"policy_epoch":3}})";
}

TEST_CASE("a config parses to what it says") {
  const auto config = parse_config(as_bytes(config_text()));
  REQUIRE(config.has_value());
  CHECK(config->network == bitcoin::Network::signet);
  CHECK_FALSE(config->kms.has_value());
  CHECK(config->admins.threshold == 2);
  CHECK(config->admins.keys.size() == 2);
  CHECK(config->policy_epoch_floor == 3);
  REQUIRE(config->accounts.size() == 2);
  CHECK(account_name(config->accounts[0]) == "bip84/0");
  CHECK(account_name(config->accounts[1]) == "bip86/7");
  CHECK(encode_accounts(config->accounts) == R"([{"purpose":84,"account":0},{"purpose":86,"account":7}])");
}

TEST_CASE("a config with one thing wrong is refused and the thing is named") {
  struct Case {
    std::string from;
    std::string to;
    const char* tag;
    const char* detail;
  };
  const Case cases[] = {
      {"\"version\":1", "\"version\":2", "config-form", "version"},
      {"signet", "litecoin", "config-form", "network"},
      {"signet", "main", "mainnet-needs-custody", ""},
      {"\"kms\":null,", "", "config-form", "kms"},
      {"\"kms\":null", "\"kms\":{}", "config-form", "key_arn"},
      {"\"kms\":null", R"("kms":{"key_arn":"arn:aws:kms:us-east-1:1:key/1","public_key":"!"})", "config-form",
       "kms.public_key"},
      {"\"kms\":null", R"("kms":{"key_arn":"arn:aws:kms:us-east-1:1:key/1","public_key":"AAAA"})",
       "config-kms-key", ""},
      {"\"threshold\":2", "\"threshold\":3", "config-form", "threshold"},
      {"\"threshold\":2", "\"threshold\":0", "config-form", "threshold"},
      {admin_b, admin_a, "config-form", "admins.keys"},
      {admin_b, "bb", "config-form", "admins.keys"},
      {"\"purpose\":86,\"account\":7", "\"purpose\":84,\"account\":0", "config-form", "accounts"},
      {"\"purpose\":86", "\"purpose\":85", "config-form", "accounts"},
      {"\"purpose\":86", "\"purpose\":0", "config-form", "accounts"},
      {"\"purpose\":86", "\"purpose\":48", "config-form", "accounts"},
      {"\"purpose\":86", "\"purpose\":342", "config-form", "accounts"},  // 86 in its lowest byte
      {"\"account\":7", "\"account\":2147483648", "config-form", "accounts"},
      {"automatic", "never", "config-form", "arming"},
      {"\"policy_epoch\":3", "\"policy_epoch\":0", "config-form", "floors.policy_epoch"},
      {"\"arming\"", "\"extra\":1,\"arming\"", "config-form", "an unknown key"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.to);
    std::string text = config_text();
    const auto at = text.find(c.from);
    REQUIRE(at != std::string::npos);
    text.replace(at, c.from.size(), c.to);
    const auto refused = parse_config(as_bytes(text));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().tag.view() == c.tag);
    CHECK(refused.error().detail.view() == c.detail);
  }
  CHECK_FALSE(parse_config(as_bytes("[]")).has_value());
  CHECK_FALSE(parse_config(Bytes(config_bytes_max + 1, ' ')).has_value());
  for (std::size_t size = 0; size < config_text().size(); ++size) {
    CHECK_FALSE(parse_config(as_bytes(config_text()).first(size)).has_value());
  }
}

}  // namespace
}  // namespace ben::policy
