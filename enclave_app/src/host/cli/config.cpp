#include <algorithm>
#include <charconv>
#include <optional>

#include "aws/kms_key.hpp"
#include "base/base64.hpp"
#include "base/hex.hpp"
#include "cli/commands.hpp"
#include "cli/config_lint.hpp"
#include "cli/files.hpp"
#include "cli/keys.hpp"
#include "cli/kms_key.hpp"
#include "cli/stop.hpp"
#include "policy/config.hpp"
#include "verify/judgement.hpp"

namespace ben::cli {
namespace {

// "bip84/0" -> the account.
bitcoin::AccountId parse_account(const std::string& name) {
  for (const auto purpose : bitcoin::purposes) {
    const std::string prefix = "bip" + std::to_string(static_cast<unsigned>(purpose)) + "/";
    std::uint32_t number = 0;
    const char* const end = name.data() + name.size();
    if (!name.starts_with(prefix)) continue;
    const auto [rest, error] = std::from_chars(name.data() + prefix.size(), end, number);
    if (error == std::errc() && rest == end && number <= INT32_MAX)
      return {.purpose = purpose, .number = number};
  }
  throw UsageStop("an account is bip44/N, bip49/N, bip84/N or bip86/N, not: " + name);
}

std::string encode_accounts(const std::vector<std::string>& names) {
  std::vector<bitcoin::AccountId> accounts;
  accounts.reserve(names.size());
  for (const std::string& name : names) accounts.push_back(parse_account(name));
  if (names.empty()) accounts = {{bitcoin::Purpose::p2wpkh, 0}, {bitcoin::Purpose::p2tr, 0}};
  return policy::encode_accounts(accounts);
}

std::string encode_kms(const ConfigNewOptions& options) {
  if (options.without_kms) return "null";
  if (options.kms_key_arn.empty()) {
    throw UsageStop(
        "give --kms-key-arn with the KMS key that seals the seed, or --no-kms for a seed that ends with the "
        "enclave");
  }
  (void)value_or_stop(parse_key_arn(options.kms_key_arn), options.kms_key_arn);
  const Bytes public_key =
      options.kms_public_key.empty()
          ? fetch_kms_public_key(options.kms_key_arn, options.kms_endpoint, options.kms_region)
          : read_kms_public_key(options.kms_public_key);
  return json::ObjectWriter()
      .text("key_arn", options.kms_key_arn)
      .text("public_key", encode_base64(public_key))
      .finish();
}

std::string encode_admins(const ConfigNewOptions& options) {
  if (options.admins.empty()) throw UsageStop("give --admin once for each admin's public key");
  json::ArrayWriter keys;
  for (const std::string& admin : options.admins) keys.text(encode_hex(parse_public_key(admin)));
  const auto count = static_cast<std::int64_t>(options.admins.size());
  const std::int64_t majority = count / 2 + 1;
  return json::ObjectWriter()
      .integer("threshold", options.threshold == 0 ? majority : options.threshold)
      .raw("keys", keys.finish())
      .finish();
}

std::string encode_findings(const std::vector<Finding>& findings) {
  json::ArrayWriter array;
  for (const Finding& finding : findings) {
    array.raw(json::ObjectWriter()
                  .text("level", finding.is_error ? "error" : "warning")
                  .text("tag", finding.tag)
                  .text("text", finding.text)
                  .finish());
  }
  return array.finish();
}

// Says what was found; whether an error is among it.
bool report(const std::vector<Finding>& findings, Output& output) {
  output.json_fact("findings", encode_findings(findings));
  for (const Finding& finding : findings) {
    output.line((finding.is_error ? "error    " : "warning  ") + finding.tag + ": " +
                printable(finding.text));
  }
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.is_error; });
}

void report_hashes(ByteView config, Output& output) {
  output.fact("config_hash", encode_hex(sha256(config)));
  output.fact("pcr16", encode_hex(verify::pcr16_of_config(config)));
}

}  // namespace

int new_config(const ConfigNewOptions& options, Output& output) {
  const std::string config = indent_json(
      json::ObjectWriter()
          .integer("version", 1)
          .text("network", options.network)
          .raw("kms", encode_kms(options))
          .raw("admins", encode_admins(options))
          .raw("accounts", encode_accounts(options.accounts))
          .text("arming", "automatic")
          .raw("floors", json::ObjectWriter().integer("policy_epoch", options.policy_epoch_floor).finish())
          .finish());
  (void)value_or_stop(policy::parse_config(as_bytes(config)), "the new config");
  report_hashes(as_bytes(config), output);
  (void)report(lint(as_bytes(config)), output);
  if (options.out.empty()) {
    output.fact("config", config).content(config);
  } else {
    write_new_file(options.out, as_bytes(config));
    output.fact("file", options.out);
  }
  return exit_yes;
}

int lint_config(const std::string& file, Output& output) {
  const Bytes config = read_file(file);
  report_hashes(config, output);
  const auto findings = lint(config);
  if (report(findings, output)) return exit_no;
  if (findings.empty()) output.line("nothing to object to");
  return exit_yes;
}

int show_pcr16(const std::string& file, Output& output) {
  const Bytes config = read_file(file);
  (void)value_or_stop(policy::parse_config(config), file);
  report_hashes(config, output);
  return exit_yes;
}

}  // namespace ben::cli
