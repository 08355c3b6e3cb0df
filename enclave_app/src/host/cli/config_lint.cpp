#include "cli/config_lint.hpp"

#include "aws/kms_key.hpp"
#include "base/hex.hpp"
#include "cli/keys.hpp"
#include "policy/config.hpp"

namespace ben::cli {
namespace {

Finding to_finding(const Error& error) {
  std::string text(error.reason.view());
  if (!error.detail.view().empty()) text.append(": ").append(error.detail.view());
  return {.is_error = true, .tag = std::string(error.tag.view()), .text = std::move(text)};
}

void lint_admins(const policy::Admins& admins, std::vector<Finding>& findings) {
  for (const Ed25519PublicKey& key : admins.keys) {
    if (!has_small_order(key)) continue;
    findings.push_back({true, "config-admin-key",
                        "anybody can sign under the admin key " + encode_hex(key) + ": it has small order"});
  }
  if (admins.keys.size() == 1) {
    findings.push_back({false, "config-one-admin",
                        "one admin: whoever holds that key decides alone, and its loss ends every change of "
                        "policy; use three keys of three people and a threshold of 2"});
  } else if (admins.threshold == 1) {
    findings.push_back({false, "config-threshold-one",
                        "threshold 1: one stolen admin key changes the policy; use at least 2"});
  } else if (admins.threshold == admins.keys.size()) {
    findings.push_back(
        {false, "config-threshold-all",
         "every admin must sign: the loss of one key ends every change of policy; add an admin "
         "or lower the threshold"});
  }
}

}  // namespace

std::vector<Finding> lint(ByteView config) {
  const auto parsed = policy::parse_config(config);
  if (!parsed) return {to_finding(parsed.error())};
  std::vector<Finding> findings;
  lint_admins(parsed->admins, findings);
  if (parsed->kms) {
    const auto arn = parse_key_arn(parsed->kms->arn);
    if (!arn) findings.push_back(to_finding(arn.error()));
  } else {
    findings.push_back(
        {false, "config-no-kms",
         "kms is null: the seed is never stored, and every coin of the wallet is lost when the "
         "enclave stops; only for trying things out"});
  }
  return findings;
}

}  // namespace ben::cli
