#include "verify/statement.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "host/verify/statement_text.hpp"
#include "verify/measurements.hpp"

namespace ben {
namespace {

const verify::Statement told{.version = "0.1.0",
                             .boot_id = {1},
                             .network = "signet",
                             .response_key = {2},
                             .wallet_id = Hash256{3},
                             .origin = "generated",
                             .config_hash = {4},
                             .policy_hash = std::nullopt,
                             .policy_epoch = 0,
                             .state = verify::SignerState::locked,
                             .rng = "nsm-hwrng"};

TEST_CASE("a statement is read as the signer writes it") {
  const auto statement = verify::parse_statement(test::encode_statement(told));
  REQUIRE(statement.has_value());
  CHECK(statement->version == "0.1.0");
  CHECK(statement->boot_id == told.boot_id);
  CHECK(statement->network == "signet");
  CHECK(statement->response_key == told.response_key);
  CHECK(statement->wallet_id == told.wallet_id);
  CHECK(statement->origin == "generated");
  CHECK(statement->config_hash == told.config_hash);
  CHECK_FALSE(statement->policy_hash.has_value());
  CHECK(statement->state == verify::SignerState::locked);
  CHECK(statement->rng == "nsm-hwrng");
}

TEST_CASE("a statement with a member changed in type, missing or added is refused") {
  const std::string text = test::encode_statement(told);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    REQUIRE(changed.find(from) != std::string::npos);
    return changed.replace(changed.find(from), from.size(), to);
  };
  for (const std::string& changed :
       {with(R"("protocol":1)", R"("protocol":2)"), with(R"("hpke_key":null)", R"("hpke_key":"00")"),
        with(R"("log":null)", R"("log":{})"), with("LOCKED", "OPEN"), with(R"("state_seq":0,)", ""),
        with(R"("rng":)", R"("more":1,"rng":)"), with(R"("policy_epoch":0)", R"("policy_epoch":-1)"),
        with(R"("origin":"generated")", R"("origin":1)"), std::string("null"), std::string(),
        std::string("{}"), text + std::string(5000, ' ')}) {
    CAPTURE(changed);
    const auto statement = verify::parse_statement(changed);
    REQUIRE_FALSE(statement.has_value());
    CHECK(statement.error().tag.view() == "verify-statement");
  }
}

TEST_CASE("measurements are read from our file and from nitro-cli's output, and from nothing else") {
  const verify::Measurements pinned{.pcr0 = {1}, .pcr1 = {2}, .pcr2 = {3}};
  const std::string text = verify::encode_measurements(pinned);
  const auto plain = verify::parse_measurements(text);
  REQUIRE(plain.has_value());
  CHECK(*plain == pinned);
  const auto nested = verify::parse_measurements(R"({ "Measurements": )" + text + "}");
  REQUIRE(nested.has_value());
  CHECK(*nested == pinned);

  std::string upper = text;
  upper.replace(upper.find(encode_hex(pinned.pcr0)), 2, "0A");
  std::string cut = text;
  cut.erase(cut.find(encode_hex(pinned.pcr0)), 2);
  std::string sha256_digest = text;
  sha256_digest.replace(sha256_digest.find("Sha384"), 6, "Sha256");
  for (const std::string& bad :
       {std::string(), std::string("{}"), upper, cut, sha256_digest, text.substr(0, text.size() - 1),
        R"({"Measurements":)" + text + R"(,"more":1})",
        text.substr(0, text.size() - 1) + R"(,"PCR3":")" + encode_hex(Hash384{}) + "\"}"}) {
    CAPTURE(bad);
    CHECK_FALSE(verify::parse_measurements(bad).has_value());
  }
}

}  // namespace
}  // namespace ben
