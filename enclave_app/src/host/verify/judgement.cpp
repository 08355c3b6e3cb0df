#include "verify/judgement.hpp"

#include <algorithm>
#include <array>

#include "attestation/aws_root.hpp"
#include "attestation/verify.hpp"
#include "base/hex.hpp"
#include "policy/config.hpp"

namespace ben::verify {
namespace {

using attestation::Document;
using attestation::Refusal;

constexpr std::array<std::string_view, 15> check_names = {
    "root",   "chain", "cose",      "purpose", "nonce",       "age",    "debug",       "measurements",
    "config", "pcr3",  "statement", "wallet",  "certificate", "origin", "policy-epoch"};

constexpr std::uint8_t config_pcr = 16;
constexpr std::uint8_t role_pcr = 3;

template <std::size_t N>
std::string short_hex(const ByteArray<N>& bytes) {
  return encode_hex(ByteView(bytes).first(8)) + "…";
}

// Collects the lines of a judgement, in the order of check_names.
class Lines {
 public:
  explicit Lines(Judgement& judgement) noexcept : judgement_(judgement) {}

  void passed(std::string text) { add(Verdict::passed, {}, std::move(text)); }
  void refused(std::string tag, std::string text) { add(Verdict::refused, std::move(tag), std::move(text)); }
  void refused(const Error& error) {
    refused(std::string(error.tag.view()), std::string(error.reason.view()));
  }
  void not_given(std::string text) { add(Verdict::not_given, {}, std::move(text)); }
  void not_judged() { add(Verdict::not_judged, "verify-not-judged", "nothing is left to believe"); }

  // A pin that is missing: `what` in a few words.
  void unpinned(bool waived, std::string_view what) {
    const std::string text(what);
    if (waived) return add(Verdict::waived, {}, text + ": waived");
    add(Verdict::not_pinned, "not-pinned", "NOT PINNED " + text);
  }

  void rest_not_judged() {
    while (judgement_.checks.size() < check_names.size()) not_judged();
  }

 private:
  void add(Verdict verdict, std::string tag, std::string text) {
    judgement_.checks.push_back({.name = check_names[judgement_.checks.size()],
                                 .verdict = verdict,
                                 .tag = std::move(tag),
                                 .text = std::move(text)});
  }

  Judgement& judgement_;
};

std::optional<ByteView> pcr_of(const Document& document, std::uint8_t index) {
  const auto found = document.pcrs.find(index);
  if (found == document.pcrs.end()) return std::nullopt;
  return found->second;
}

// The line of a refused document: what it says of the root, of the chain, or of the document itself.
void add_refusal(Lines& lines, Refusal refusal) {
  const Error error = attestation::to_error(refusal);
  const bool about_root = refusal == Refusal::root || refusal == Refusal::root_form;
  const bool about_chain = !about_root && refusal > Refusal::root_form;
  if (!about_root) lines.not_judged();
  if (!about_root && !about_chain) lines.not_judged();
  lines.refused(error);
  lines.rest_not_judged();
}

void check_root(Lines& lines, const Pins& pins, bool test_root, const Result<Statement>& claimed) {
  if (!test_root) return lines.passed("AWS Nitro Enclaves, G1");
  if (claimed && claimed->network == "main") {
    return lines.refused("verify-test-root", "UNTRUSTED TEST ROOT, and network main takes AWS's root only");
  }
  lines.passed("UNTRUSTED TEST ROOT " + short_hex(sha256(pins.root)));
}

void check_nonce(Lines& lines, const Document& document, const Pins& pins, const Waivers& waivers,
                 Judgement& judgement) {
  if (!pins.nonce) {
    return lines.unpinned(waivers.nonce, "nonce: authentic, freshness not shown");
  }
  if (!document.nonce || !equal(*document.nonce, *pins.nonce)) {
    return lines.refused("verify-nonce",
                         "the document does not carry your nonce: it was made for another question");
  }
  judgement.shows_freshness = true;
  lines.passed("yours: made after you asked");
}

void check_age(Lines& lines, const Document& document, const JudgedAt& at) {
  if (!at.time_s) return lines.not_given("judged at the document's own time");
  const std::uint64_t now_ms = *at.time_s * 1000;
  const std::uint64_t age_ms = now_ms > document.timestamp_ms ? now_ms - document.timestamp_ms : 0;
  const std::string age = std::to_string(age_ms / 1000) + " s";
  if (age_ms > age_ms_max) return lines.refused("verify-age", age + " old: ask the node for a new document");
  lines.passed(age);
}

void check_debug(Lines& lines, const Document& document) {
  if (document.is_debug) {
    return lines.refused("verify-debug",
                         "a debug enclave: PCR0 to PCR2 are zero and its host reads its console");
  }
  lines.passed("not a debug enclave");
}

void check_measurements(Lines& lines, const Document& document, const Pins& pins, const Waivers& waivers) {
  const auto differs = [&](std::uint8_t index, const Hash384& pinned) {
    const auto pcr = pcr_of(document, index);
    return !pcr || !equal(*pcr, pinned);
  };
  const std::string running = "it runs PCR0 " + encode_hex(document.pcrs.at(0));
  if (pins.pcr0 && differs(0, *pins.pcr0))
    return lines.refused("verify-measurements", "another image: " + running);
  if (pins.measurements) {
    const std::array pinned = {pins.measurements->pcr0, pins.measurements->pcr1, pins.measurements->pcr2};
    for (std::size_t i = 0; i < pinned.size(); ++i) {
      if (differs(static_cast<std::uint8_t>(i), pinned.at(i))) {
        return lines.refused("verify-measurements",
                             "another image, by PCR" + std::to_string(i) + ": " + running);
      }
    }
    return lines.passed("PCR0, PCR1 and PCR2 are the image's");
  }
  if (pins.pcr0)
    return lines.unpinned(waivers.measurements, "measurements: PCR0 matches, PCR1 and PCR2 are not known");
  lines.unpinned(waivers.measurements, "measurements");
}

void check_config(Lines& lines, const Document& document, const Pins& pins, const Waivers& waivers,
                  const Result<Statement>& claimed) {
  if (!pins.config) return lines.unpinned(waivers.config, "config");
  const auto pcr = pcr_of(document, config_pcr);
  if (!pcr) {
    return lines.refused("verify-config",
                         "PCR16 is not locked: this is not our signer, or not yet configured");
  }
  const bool same_hash = !claimed || claimed->config_hash == sha256(as_bytes(*pins.config));
  if (!equal(*pcr, pcr16_of_config(as_bytes(*pins.config))) || !same_hash)
    return lines.refused("verify-config", "the node runs under another config than yours");
  lines.passed("PCR16 is your config's");
}

void check_pcr3(Lines& lines, const Document& document, const Pins& pins) {
  if (!pins.pcr3) return lines.not_given("no role pinned");
  const auto pcr = pcr_of(document, role_pcr);
  if (!pcr || !equal(*pcr, *pins.pcr3)) return lines.refused("verify-pcr3", "the host has another IAM role");
  lines.passed("PCR3 is the role's");
}

void check_wallet(Lines& lines, const Statement& statement, const Pins& pins, const Waivers& waivers) {
  const std::string state(state_name(statement.state));
  if (!pins.wallet_id) {
    return lines.unpinned(waivers.wallet,
                          "wallet: " + (statement.wallet_id ? encode_hex(*statement.wallet_id) : state));
  }
  if (!statement.wallet_id) {
    return lines.refused("wallet-missing",
                         "the node is " + state +
                             ": restore the sealed blob (benctl blob restore); a new genesis "
                             "would make another wallet");
  }
  if (*statement.wallet_id != *pins.wallet_id) {
    return lines.refused("verify-wallet",
                         "the node holds another wallet: " + encode_hex(*statement.wallet_id));
  }
  if (statement.state != SignerState::armed) {
    return lines.refused(
        "wallet-locked",
        "the node is " + state +
            ": it has the seed, but not the wallet certificate; repeat benctl genesis, or restart "
            "the node and repeat benctl blob restore");
  }
  lines.passed(short_hex(*statement.wallet_id) + " " + state);
}

void check_certificate(Lines& lines, const Statement& statement, const Pins& pins, const Waivers& waivers) {
  if (!pins.certificate) return lines.not_given("none pinned; the signer has checked its own");
  if (!pins.config) return lines.unpinned(waivers.config, "certificate: its signers stand in the config");
  const auto config = policy::parse_config(as_bytes(*pins.config));
  if (!config) return lines.refused(config.error());
  const auto wallet_id =
      policy::verify_certificate(*pins.certificate, *config, sha256(as_bytes(*pins.config)));
  if (!wallet_id) return lines.refused(wallet_id.error());
  const bool same_wallet =
      statement.wallet_id == *wallet_id && (!pins.wallet_id || *pins.wallet_id == *wallet_id);
  if (!same_wallet || statement.origin != policy::origin_generated)
    return lines.refused("verify-certificate", "the pinned certificate is of another wallet");
  lines.passed("signed by " + std::to_string(config->admins.threshold) + " of " +
               std::to_string(config->admins.keys.size()) + " admins or more");
}

void check_origin(Lines& lines, const Statement& statement) {
  if (statement.origin.empty()) return lines.not_given("no certified wallet");
  if (statement.origin != policy::origin_generated)
    return lines.refused("verify-origin", "the seed was not made inside an enclave");
  lines.passed("the seed was made inside");
}

void check_policy_epoch(Lines& lines, const Statement& statement, const Pins& pins) {
  const std::string found =
      statement.policy_hash ? "epoch " + std::to_string(statement.policy_epoch) : "no policy";
  if (statement.policy_epoch < pins.policy_epoch_min) {
    return lines.refused("verify-policy-epoch", found + ", and you have seen epoch " +
                                                    std::to_string(pins.policy_epoch_min) +
                                                    ": give the node the newest policy (benctl policy set)");
  }
  lines.passed(found + (statement.policy_hash ? "" : ": every signing request is refused"));
}

void check_statement_and_what_it_says(Lines& lines, const Document& document, const Evidence& evidence,
                                      const Pins& pins, const Waivers& waivers, Result<Statement> claimed,
                                      Judgement& judgement) {
  const Bytes expected = wire::boot_user_data(evidence.statement);
  if (!document.user_data || !equal(*document.user_data, expected)) {
    lines.refused("verify-statement", "the document is not about this statement");
    return lines.rest_not_judged();
  }
  if (!claimed) {
    lines.refused(claimed.error());
    return lines.rest_not_judged();
  }
  lines.passed("the document is about this statement");
  check_wallet(lines, *claimed, pins, waivers);
  check_certificate(lines, *claimed, pins, waivers);
  check_origin(lines, *claimed);
  check_policy_epoch(lines, *claimed, pins);
  judgement.statement = *std::move(claimed);
}

bool is_boot_purpose(const Document& document) {
  const Bytes example = wire::boot_user_data("");
  const auto purpose = ByteView(example).first(example.size() - sizeof(Hash256));
  return document.user_data && document.user_data->size() == example.size() &&
         equal(ByteView(*document.user_data).first(purpose.size()), purpose);
}

}  // namespace

const Check* Judgement::first_no() const noexcept {
  using enum Verdict;
  // What was left unjudged is the consequence of another line's no.
  for (const Verdict no : {refused, not_pinned, not_judged}) {
    const auto found =
        std::find_if(checks.begin(), checks.end(), [&](const Check& check) { return check.verdict == no; });
    if (found != checks.end()) return &*found;
  }
  return nullptr;
}

Judgement judge(const Evidence& evidence, const Pins& pins, const Waivers& waivers, const JudgedAt& at) {
  const ByteView aws_root = attestation::aws_root_certificate();
  Judgement judgement;
  judgement.test_root = !pins.root.empty() && !equal(pins.root, aws_root);
  Lines lines(judgement);
  auto claimed = parse_statement(evidence.statement);
  const auto document = attestation::verify_document(
      evidence.document,
      {.root_certificate = pins.root.empty() ? aws_root : ByteView(pins.root), .time_s = at.time_s});
  if (!document) {
    add_refusal(lines, document.error());
    return judgement;
  }
  judgement.timestamp_ms = document->timestamp_ms;

  check_root(lines, pins, judgement.test_root, claimed);
  lines.passed(at.time_s ? "valid at the time of judgement" : "valid at the document's own time");
  lines.passed("ES384 by " + document->module_id);
  if (is_boot_purpose(*document)) {
    lines.passed("boot evidence");
  } else {
    lines.refused("verify-purpose", "the document was made for another purpose than boot evidence");
  }
  check_nonce(lines, *document, pins, waivers, judgement);
  check_age(lines, *document, at);
  check_debug(lines, *document);
  check_measurements(lines, *document, pins, waivers);
  check_config(lines, *document, pins, waivers, claimed);
  check_pcr3(lines, *document, pins);
  check_statement_and_what_it_says(lines, *document, evidence, pins, waivers, std::move(claimed), judgement);
  judgement.accepted = judgement.first_no() == nullptr;
  return judgement;
}

Hash384 pcr16_of_config(ByteView config) {
  constexpr Hash384 zero{};
  return sha384({zero, sha384({config})});
}

Hash384 pcr3_of_role(std::string_view role_arn) {
  constexpr Hash384 zero{};
  return sha384({zero, as_bytes(role_arn)});
}

}  // namespace ben::verify
