#include "cli/verdict.hpp"

#include <algorithm>

#include "base/hex.hpp"
#include "cli/evidence_file.hpp"
#include "cli/files.hpp"
#include "cli/node.hpp"
#include "cli/stop.hpp"

namespace ben::cli {
namespace {

using verify::Verdict;

std::string_view word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return "ok";
    case Verdict::refused:
    case Verdict::not_pinned:
      return "NO";
    case Verdict::waived:
      return "waived";
    case Verdict::not_given:
      return "-";
    case Verdict::not_judged:
      return "?";
  }
  return "";
}

std::string_view json_word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return "passed";
    case Verdict::refused:
      return "refused";
    case Verdict::not_pinned:
      return "not_pinned";
    case Verdict::waived:
      return "waived";
    case Verdict::not_given:
      return "not_given";
    case Verdict::not_judged:
      return "not_judged";
  }
  return "";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string cell(text);
  cell.resize(std::max(width, cell.size()), ' ');
  return cell;
}

void say_checks(const verify::Judgement& judgement, Output& output) {
  json::ArrayWriter array;
  for (const verify::Check& check : judgement.checks) {
    json::ObjectWriter object;
    object.text("check", check.name).text("verdict", json_word_of(check.verdict));
    object.text_or_null("tag", check.tag).text("text", printable(check.text));
    array.raw(object.finish());
    std::string line = padded(check.name, 18) + padded(word_of(check.verdict), 8);
    if (check.verdict == Verdict::refused) line.append(check.tag).append(": ");
    // The judgement's text uses an ellipsis; everything in it that came from the node was checked or is hex.
    output.line(line + check.text);
  }
  output.json_fact("checks", array.finish());
}

void say_statement(const verify::Statement& statement, Output& output) {
  const auto hex_or_none = [](const std::optional<Hash256>& hash) -> std::optional<std::string> {
    if (!hash) return std::nullopt;
    return encode_hex(*hash);
  };
  output.fact("network", statement.network);
  output.fact("state", verify::state_name(statement.state));
  output.fact_or_none("wallet_id", hex_or_none(statement.wallet_id));
  output.fact_or_none("policy_hash", hex_or_none(statement.policy_hash));
  output.fact("policy_epoch", statement.policy_epoch);
  output.fact("boot_id", encode_hex(statement.boot_id));
}

Profile profile_with_flags(const VerifyOptions& options, Profile profile) {
  if (!options.measurements.empty()) {
    profile.measurements =
        value_or_stop(verify::parse_measurements(read_text_file(options.measurements)), options.measurements);
  } else if (!options.pcr0.empty()) {
    profile.measurements.reset();  // a flag replaces the profile's pin, the other two PCRs included
  }
  if (!options.config.empty()) profile.config = read_text_file(options.config);
  if (!options.pcr3.empty()) profile.pcr3 = parse_pcr("--pcr3", options.pcr3);
  if (!options.wallet.empty()) profile.wallet_id = parse_wallet_id(options.wallet);
  if (!options.certificate.empty()) profile.certificate = read_envelope_file(options.certificate);
  if (options.policy_epoch_min >= 0) profile.policy_epoch_min = options.policy_epoch_min;
  return profile;
}

verify::Pins pins_with_flags(const VerifyOptions& options, const Profile& profile) {
  verify::Pins pins = pins_of(profile);
  if (!options.pcr0.empty()) pins.pcr0 = parse_pcr("--pcr0", options.pcr0);
  if (!options.nonce.empty()) {
    const auto nonce = parse_hex(options.nonce);
    if (!nonce || nonce->size() < 16 || nonce->size() > 64)
      throw UsageStop("--nonce has 16 to 64 bytes as lower-case hex digits");
    pins.nonce = *nonce;
  }
  return pins;
}

// A pin that is waived is not looked at, even where the profile has one.
void drop_waived(const VerifyOptions& options, verify::Pins& pins) {
  if (options.waive_nonce && options.nonce.empty()) pins.nonce.reset();
  if (options.waive_measurements && options.measurements.empty()) pins.measurements.reset();
  if (options.waive_config && options.config.empty()) pins.config.reset();
  if (options.waive_wallet && options.wallet.empty()) {
    pins.wallet_id.reset();
    if (options.certificate.empty()) pins.certificate.reset();
  }
}

void save_evidence(const std::string& prefix, const verify::Evidence& evidence) {
  write_new_file(prefix + ".cbor", evidence.document);
  write_new_file(prefix + ".statement.json", as_bytes(evidence.statement));
}

}  // namespace

Pinning pinning_of(const VerifyOptions& options) {
  Pinning pinning{.profile = profile_with_flags(options, load_node_or_empty(options.node).profile),
                  .pins = {},
                  .waivers = {}};
  pinning.pins = pins_with_flags(options, pinning.profile);
  drop_waived(options, pinning.pins);
  pinning.waivers = {.nonce = options.waive_nonce,
                     .measurements = options.waive_measurements,
                     .config = options.waive_config,
                     .wallet = options.waive_wallet};
  return pinning;
}

int conclude(const verify::Judgement& judgement, Output& output) {
  say_checks(judgement, output);
  if (judgement.statement) say_statement(*judgement.statement, output);
  output.json_fact("test_root", judgement.test_root ? "true" : "false");
  output.json_fact("accepted", judgement.accepted ? "true" : "false");
  output.json_fact("fresh", judgement.shows_freshness ? "true" : "false");
  if (judgement.test_root) output.line("UNTRUSTED TEST ROOT: proves nothing about real hardware");
  if (!judgement.accepted) {
    output.line("verdict: NO");
    return exit_no;
  }
  output.line(judgement.shows_freshness ? "verdict: yes" : "verdict: authentic, freshness not shown");
  return exit_yes;
}

int verify_node(const VerifyOptions& options, Output& output) {
  const bool offline = !options.document.empty();
  if (offline != !options.statement.empty()) throw UsageStop("--doc and --statement go together");
  Pinning pinning = pinning_of(options);
  auto& [profile, pins, waivers] = pinning;
  const verify::JudgedAt at = parse_time(options.at);
  if (offline) {
    const verify::Evidence evidence{.document = read_document_file(options.document),
                                    .statement = read_text_file(options.statement)};
    return conclude(verify::judge(evidence, pins, waivers, at), output);
  }

  if (profile.url.empty()) throw UsageStop("no evidence is named: give --url, or --doc and --statement");
  if (!pins.nonce) {
    pins.nonce.emplace(32);
    fill_random(*pins.nonce);
  }
  HttpTransport transport(profile.url);
  const FetchedEvidence fetched = fetch_evidence(transport, *pins.nonce);
  const verify::Judgement judgement = verify::judge(fetched.evidence, pins, waivers, at);
  if (judgement.statement) prove_evidence(fetched, *judgement.statement);
  if (!options.save.empty()) save_evidence(options.save, fetched.evidence);
  output.fact("nonce", encode_hex(*pins.nonce));
  return conclude(judgement, output);
}

}  // namespace ben::cli
