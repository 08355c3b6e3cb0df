#include "verify/judgement.hpp"

#include <functional>

#include "host/verify/evidence_fixture.hpp"

namespace ben::test {
namespace {

using verify::Verdict;

const verify::Check& line(const verify::Judgement& judgement, std::string_view name) {
  for (const verify::Check& check : judgement.checks) {
    if (check.name == name) return check;
  }
  FAIL("no such check");
  return judgement.checks.front();
}

// What an attacker, or an accident, changes: in the evidence, or in what the user pins or waives.
struct Case {
  const char* what;
  std::function<void(EvidenceMaker&)> change_node = [](EvidenceMaker&) {};
  std::function<void(verify::Pins&)> change_pins = [](verify::Pins&) {};
  verify::Waivers waivers = {};
  const char* check;
  Verdict verdict;
  const char* tag;
};

verify::Judgement judge_case(const Case& c) {
  EvidenceMaker honest;
  verify::Pins pins = honest.pins();
  c.change_node(honest);
  c.change_pins(pins);
  return verify::judge(honest.make(), pins, c.waivers, honest.now());
}

TEST_CASE("evidence that meets every pin is accepted, with a line for each check in the promised order") {
  EvidenceMaker honest;
  const auto judgement = verify::judge(honest.make(), honest.pins(), {}, honest.now());
  const std::vector<std::string_view> order = {
      "root",   "chain", "cose",      "purpose", "nonce",       "age",    "debug",       "measurements",
      "config", "pcr3",  "statement", "wallet",  "certificate", "origin", "policy-epoch"};
  REQUIRE(judgement.checks.size() == order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    CAPTURE(order[i]);
    CHECK(judgement.checks[i].name == order[i]);
    CHECK(judgement.checks[i].verdict == (order[i] == "pcr3" ? Verdict::not_given : Verdict::passed));
  }
  CHECK(judgement.accepted);
  CHECK(judgement.shows_freshness);
  CHECK(judgement.test_root);
  REQUIRE(judgement.statement.has_value());
  CHECK(judgement.statement->wallet_id == honest.wallet_id);
  CHECK(judgement.timestamp_ms == honest.now_ms);
  CHECK(judgement.first_no() == nullptr);
}

TEST_CASE("each thing that is not as pinned is refused by its own line") {
  const std::vector<Case> cases = {
      {.what = "another root",
       .change_pins = [](auto& pins) { pins.root = emulator::TestPki::make().root_certificate(); },
       .check = "root",
       .verdict = Verdict::refused,
       .tag = "attest-root"},
      {.what = "AWS's root",
       .change_pins = [](auto& pins) { pins.root.clear(); },
       .check = "root",
       .verdict = Verdict::refused,
       .tag = "attest-root"},
      {.what = "a test root for real coins",
       .change_node = [](auto& node) { node.statement.network = "main"; },
       .check = "root",
       .verdict = Verdict::refused,
       .tag = "verify-test-root"},
      {.what = "a document of another purpose",
       .change_node = [](auto& node) { node.user_data = to_bytes(as_bytes(wire::time_user_data)); },
       .check = "purpose",
       .verdict = Verdict::refused,
       .tag = "verify-purpose"},
      {.what = "another nonce",
       .change_pins = [](auto& pins) { pins.nonce = Bytes(32, 0x5b); },
       .check = "nonce",
       .verdict = Verdict::refused,
       .tag = "verify-nonce"},
      {.what = "a prefix of the nonce",
       .change_pins = [](auto& pins) { pins.nonce->pop_back(); },
       .check = "nonce",
       .verdict = Verdict::refused,
       .tag = "verify-nonce"},
      {.what = "a debug enclave",
       .change_node = [](auto& node) { node.facts.debug = true; },
       .check = "debug",
       .verdict = Verdict::refused,
       .tag = "verify-debug"},
      {.what = "a debug enclave, with zeros pinned",
       .change_node = [](auto& node) { node.facts.debug = true; },
       .change_pins = [](auto& pins) { pins.measurements = verify::Measurements{}; },
       .check = "debug",
       .verdict = Verdict::refused,
       .tag = "verify-debug"},
      {.what = "another PCR0",
       .change_node = [](auto& node) { node.facts.pcr0 = {9}; },
       .check = "measurements",
       .verdict = Verdict::refused,
       .tag = "verify-measurements"},
      {.what = "another PCR1",
       .change_node = [](auto& node) { node.facts.pcr1 = {9}; },
       .check = "measurements",
       .verdict = Verdict::refused,
       .tag = "verify-measurements"},
      {.what = "another PCR2",
       .change_node = [](auto& node) { node.facts.pcr2 = {9}; },
       .check = "measurements",
       .verdict = Verdict::refused,
       .tag = "verify-measurements"},
      {.what = "PCR0 alone, and another one",
       .change_pins =
           [](auto& pins) {
             pins.measurements.reset();
             pins.pcr0 = Hash384{9};
           },
       .waivers = {.measurements = true},
       .check = "measurements",
       .verdict = Verdict::refused,
       .tag = "verify-measurements"},
      {.what = "another config in PCR16",
       .change_node = [](auto& node) { node.measured_config += " "; },
       .check = "config",
       .verdict = Verdict::refused,
       .tag = "verify-config"},
      {.what = "PCR16 not locked",
       .change_node = [](auto& node) { node.measured_config.clear(); },
       .check = "config",
       .verdict = Verdict::refused,
       .tag = "verify-config"},
      {.what = "a statement of another config",
       .change_node = [](auto& node) { node.statement.config_hash[0] ^= 1; },
       .check = "config",
       .verdict = Verdict::refused,
       .tag = "verify-config"},
      {.what = "no role on the host",
       .change_pins = [](auto& pins) { pins.pcr3 = verify::pcr3_of_role("arn:aws:iam::1:role/host"); },
       .check = "pcr3",
       .verdict = Verdict::refused,
       .tag = "verify-pcr3"},
      {.what = "a document about another statement",
       .change_node = [](auto& node) { node.user_data = wire::boot_user_data("{}"); },
       .check = "statement",
       .verdict = Verdict::refused,
       .tag = "verify-statement"},
      {.what = "an empty node",
       .change_node =
           [](auto& node) {
             node.statement.wallet_id.reset();
             node.statement.origin = "";
             node.statement.state = verify::SignerState::empty;
           },
       .check = "wallet",
       .verdict = Verdict::refused,
       .tag = "wallet-missing"},
      {.what = "another wallet",
       .change_node = [](auto& node) { node.statement.wallet_id = Hash256{0xbb}; },
       .check = "wallet",
       .verdict = Verdict::refused,
       .tag = "verify-wallet"},
      {.what = "a seed without its certificate",
       .change_node =
           [](auto& node) {
             node.statement.origin = "";
             node.statement.state = verify::SignerState::locked;
           },
       .check = "wallet",
       .verdict = Verdict::refused,
       .tag = "wallet-locked"},
      {.what = "a certificate of another wallet",
       .change_pins = [](auto& pins) { pins.certificate = EvidenceMaker().certificate(Hash256{0xbb}); },
       .check = "certificate",
       .verdict = Verdict::refused,
       .tag = "verify-certificate"},
      {.what = "a certificate that an admin did not sign",
       .change_pins = [](auto& pins) { pins.certificate->signatures[0].signature[0] ^= 1; },
       .check = "certificate",
       .verdict = Verdict::refused,
       .tag = "auth-signature"},
      {.what = "an imported seed",
       .change_node = [](auto& node) { node.statement.origin = "imported"; },
       .change_pins = [](auto& pins) { pins.certificate.reset(); },
       .check = "origin",
       .verdict = Verdict::refused,
       .tag = "verify-origin"},
      {.what = "an older policy",
       .change_node = [](auto& node) { node.statement.policy_epoch = 2; },
       .check = "policy-epoch",
       .verdict = Verdict::refused,
       .tag = "verify-policy-epoch"},
      {.what = "no nonce",
       .change_pins = [](auto& pins) { pins.nonce.reset(); },
       .check = "nonce",
       .verdict = Verdict::not_pinned,
       .tag = "not-pinned"},
      {.what = "no measurements",
       .change_pins = [](auto& pins) { pins.measurements.reset(); },
       .check = "measurements",
       .verdict = Verdict::not_pinned,
       .tag = "not-pinned"},
      {.what = "PCR0 alone",
       .change_pins =
           [](auto& pins) {
             pins.pcr0 = pins.measurements->pcr0;
             pins.measurements.reset();
           },
       .check = "measurements",
       .verdict = Verdict::not_pinned,
       .tag = "not-pinned"},
      {.what = "no config",
       .change_pins =
           [](auto& pins) {
             pins.config.reset();
             pins.certificate.reset();
           },
       .check = "config",
       .verdict = Verdict::not_pinned,
       .tag = "not-pinned"},
      {.what = "no wallet",
       .change_pins = [](auto& pins) { pins.wallet_id.reset(); },
       .check = "wallet",
       .verdict = Verdict::not_pinned,
       .tag = "not-pinned"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const auto judgement = judge_case(c);
    CHECK_FALSE(judgement.accepted);
    CHECK(line(judgement, c.check).verdict == c.verdict);
    CHECK(line(judgement, c.check).tag == c.tag);
    REQUIRE(judgement.first_no() != nullptr);
    CHECK(judgement.checks.size() == 15);
  }
}

TEST_CASE("a pin that is waived by its own flag is not missed, and what is pinned elsewhere still holds") {
  EvidenceMaker honest;
  verify::Pins nothing;
  nothing.root = honest.pki.root_certificate();
  const verify::Waivers all{.nonce = true, .measurements = true, .config = true, .wallet = true};
  const auto judgement = verify::judge(honest.make(), nothing, all, honest.now());
  CHECK(judgement.accepted);
  CHECK_FALSE(judgement.shows_freshness);
  CHECK(line(judgement, "nonce").verdict == Verdict::waived);

  verify::Pins other_wallet = nothing;
  other_wallet.wallet_id = Hash256{0xbb};
  CHECK_FALSE(verify::judge(honest.make(), other_wallet, all, honest.now()).accepted);
}

TEST_CASE("a document is too old after five minutes, unless it is judged at its own time") {
  EvidenceMaker honest;
  const auto evidence = honest.make();
  const std::uint64_t made_s = honest.now_ms / 1000;
  CHECK(verify::judge(evidence, honest.pins(), {}, {.time_s = made_s + 300}).accepted);
  const auto late = verify::judge(evidence, honest.pins(), {}, {.time_s = made_s + 301});
  CHECK_FALSE(late.accepted);
  CHECK(line(late, "age").tag == "verify-age");
  CHECK(verify::judge(evidence, honest.pins(), {}, {}).accepted);
}

TEST_CASE("one changed byte anywhere in document or statement is refused") {
  EvidenceMaker honest;
  const auto evidence = honest.make();
  for (std::size_t i = 0; i < evidence.statement.size(); ++i) {
    CAPTURE(i);
    auto changed = evidence;
    changed.statement[i] = static_cast<char>(changed.statement[i] ^ 1);
    CHECK_FALSE(verify::judge(changed, honest.pins(), {}, honest.now()).accepted);
  }
  for (std::size_t i = 0; i < evidence.document.size(); i += 23) {
    CAPTURE(i);
    auto changed = evidence;
    changed.document[i] ^= 1;
    CHECK_FALSE(verify::judge(changed, honest.pins(), {}, honest.now()).accepted);
  }
}

TEST_CASE("a refused document leaves nothing to believe") {
  EvidenceMaker honest;
  auto evidence = honest.make();
  evidence.document.back() ^= 1;
  const auto judgement = verify::judge(evidence, honest.pins(), {}, honest.now());
  CHECK(line(judgement, "cose").tag == "attest-signature");
  CHECK(line(judgement, "wallet").verdict == Verdict::not_judged);
  CHECK_FALSE(judgement.statement.has_value());
  CHECK(judgement.timestamp_ms == 0);
}

TEST_CASE("PCR3 of a role is the hash that the platform makes of its ARN") {
  // SHA384(48 zero bytes || ARN), computed with coreutils.
  CHECK(encode_hex(verify::pcr3_of_role("arn:aws:iam::1:role/x")) ==
        "5088f6cdbfb23929f93e619003d18d933db1804a5631af5853feb52431b928805980234b071510ad676cb2e51222ea4f");
  EvidenceMaker honest;
  honest.facts.role_arn = "arn:aws:iam::111122223333:role/host";
  verify::Pins pins = honest.pins();
  pins.pcr3 = verify::pcr3_of_role(honest.facts.role_arn);
  const auto judgement = verify::judge(honest.make(), pins, {}, honest.now());
  CHECK(line(judgement, "pcr3").verdict == Verdict::passed);
}

}  // namespace
}  // namespace ben::test
