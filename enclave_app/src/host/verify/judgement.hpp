// The judgement of a node's evidence: who signed it, when, for whom, and whether code, config and wallet are
// those that the user pins. Every tool that asks "may I believe this node?" asks judge().
//
// The checks, in this order: root, chain and signature, purpose, nonce, age, debug, measurements, config,
// pcr3, statement, wallet, certificate, origin, policy epoch. A pin that is missing is no, unless it is
// waived by name. Evidence from a live node and from files is judged by the same rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/measurements.hpp"
#include "verify/statement.hpp"
#include "wire/dsse.hpp"

namespace ben::verify {

inline constexpr std::uint64_t age_ms_max = 5UL * 60 * 1000;  // of a document that claims to be fresh

// What get_attestation returns.
struct Evidence {
  Bytes document;         // COSE_Sign1
  std::string statement;  // exact text
};

// What the user knows beforehand. Nothing: not pinned.
struct Pins {
  Bytes root;  // DER; empty: the AWS Nitro Enclaves root
  std::optional<Bytes> nonce;
  std::optional<Hash384> pcr0;  // alone, when the other two are not known
  std::optional<Measurements> measurements;
  std::optional<std::string> config;  // exact bytes
  std::optional<Hash384> pcr3;        // optional: not missed when absent
  std::optional<Hash256> wallet_id;
  std::optional<wire::Envelope> certificate;  // optional: the signer has checked it itself
  std::int64_t policy_epoch_min = 0;
};

// Pins that the user does without, each by its own name.
struct Waivers {
  bool nonce = false;
  bool measurements = false;
  bool config = false;
  bool wallet = false;
};

// The time at which certificates must be valid and to which the document's age is compared, in seconds
// since 1970; nothing: the document's own timestamp, for which age shows nothing.
struct JudgedAt {
  std::optional<std::uint64_t> time_s;
};

enum class Verdict : std::uint8_t {
  passed,
  refused,
  not_pinned,  // counts as no
  waived,
  not_given,   // an optional pin
  not_judged,  // an earlier refusal left nothing to believe
};

struct Check {
  std::string_view name;
  Verdict verdict;
  std::string tag;   // of a refusal
  std::string text;  // for people: what was found
};

struct Judgement {
  std::vector<Check> checks;
  bool accepted = false;               // every check passed, was waived or not given
  bool shows_freshness = false;        // the pinned nonce is in the document
  bool test_root = false;              // another root than AWS's
  std::optional<Statement> statement;  // only when the document vouches for it
  std::uint64_t timestamp_ms = 0;      // of the document, when it is authentic

  // The first check that says no, or nothing.
  [[nodiscard]] const Check* first_no() const noexcept;
};

[[nodiscard]] Judgement judge(const Evidence& evidence, const Pins& pins, const Waivers& waivers,
                              const JudgedAt& at);

// The value of PCR16 for a config, and of PCR3 for an IAM role.
[[nodiscard]] Hash384 pcr16_of_config(ByteView config);
[[nodiscard]] Hash384 pcr3_of_role(std::string_view role_arn);

}  // namespace ben::verify
