#include "verify/proof.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "policy/config.hpp"
#include "policy/policy.hpp"
#include "relay/operation.hpp"
#include "verify/answer.hpp"

namespace ben::verify {
namespace {

constexpr std::string_view proof_type = "application/vnd.ben.proof+json";
constexpr std::string_view hash_algorithm = "Sha384 { ... }";
constexpr StaticText bad_form = "proof: not a proof bundle of version 1 with exactly its members";

wire::Envelope read_envelope(json::ObjectReader& reader, StaticText key) {
  auto envelope = wire::parse_envelope(reader.value(key));
  if (!envelope) reader.fail(key);
  return envelope ? *std::move(envelope) : wire::Envelope{};
}

std::optional<wire::Envelope> read_envelope_or_null(json::ObjectReader& reader, StaticText key) {
  if (reader.value(key).is_null()) return std::nullopt;
  return read_envelope(reader, key);
}

Check passed(std::string_view name, std::string text) {
  return {.name = name, .verdict = Verdict::passed, .tag = {}, .text = std::move(text)};
}

Check refused(std::string_view name, const Error& error) {
  return {.name = name,
          .verdict = Verdict::refused,
          .tag = std::string(error.tag.view()),
          .text = std::string(error.reason.view())};
}

Check not_judged(std::string_view name) {
  return {.name = name,
          .verdict = Verdict::not_judged,
          .tag = "verify-not-judged",
          .text = "nothing is left to believe"};
}

// The line of that name, as one of the file. `text`: what it says when it passed.
Check line_of_file(const Judgement& judgement, std::string_view name, std::string_view file_name,
                   std::string_view text) {
  Check check = *std::find_if(judgement.checks.begin(), judgement.checks.end(),
                              [&](const Check& c) { return c.name == name; });
  check.name = file_name;
  if (check.verdict == Verdict::passed) check.text = text;
  return check;
}

// Whether the policy in the file is the one that the statement names.
Check check_policy(const Proof& proof, const policy::Config& config, const Statement& statement) {
  constexpr std::string_view name = "file-policy";
  const Error another{ErrorCode::refused, "proof-policy", "the file's policy is not the one in force"};
  if (!proof.policy)
    return statement.policy_hash ? refused(name, another) : passed(name, "none, and none is in force");
  if (statement.policy_hash != sha256(proof.policy->payload)) return refused(name, another);
  const auto signers = wire::verify_envelope(*proof.policy, wire::policy_payload_type, config.admins.keys,
                                             config.admins.threshold);
  if (!signers) return refused(name, signers.error());
  const auto parsed = policy::parse_policy(proof.policy->payload);
  if (!parsed) return refused(name, parsed.error());
  if (parsed->epoch != statement.policy_epoch) return refused(name, another);
  return passed(name, "by " + std::to_string(signers->size()) + " of those admins, in force");
}

// Whether `json`, a proved result, lists a descriptor for each account of the config.
bool lists_accounts(std::string_view json, const policy::Config& config) {
  const auto value = json::parse(as_bytes(json));
  if (!value) return false;
  json::ObjectReader reader(*value);
  const auto items = reader.array("descriptors", policy::config_accounts_max);
  if (!reader.finish("answer-form", bad_form)) return false;
  return std::equal(items.begin(), items.end(), config.accounts.begin(), config.accounts.end(),
                    [](const json::Value& item, const bitcoin::AccountId& account) {
                      json::ObjectReader member(item);
                      return member.text("account", 32) == policy::account_name(account) &&
                             !member.text("descriptor", 512).empty();
                    });
}

Check check_descriptors(const Proof& proof, const policy::Config& config, const Statement& statement) {
  constexpr std::string_view name = "file-descriptors";
  const auto answer = parse_answer(proof.descriptors_answer, json::quote(proof.descriptors_id));
  if (!answer) return refused(name, answer.error());
  const std::string call = encode_descriptors_call(proof.descriptors_id);
  const auto proved = verify_proof(*answer, as_bytes(call), statement.boot_id, statement.response_key);
  if (!proved) return refused(name, proved.error());
  if (answer->is_error || !lists_accounts(answer->outcome, config)) {
    return refused(name, {ErrorCode::refused, "proof-descriptors",
                          "the answer does not give one descriptor for each account of the config"});
  }
  return passed(name, "said by the signer of this boot");
}

}  // namespace

std::string encode_descriptors_call(std::string_view id) {
  return json::ObjectWriter()
      .text("jsonrpc", "2.0")
      .text("id", id)
      .text("method", "get_descriptors")
      .raw("params", "{}")
      .finish();
}

std::string encode_proof(const Proof& proof) {
  const std::string descriptors =
      json::ObjectWriter().text("id", proof.descriptors_id).text("answer", proof.descriptors_answer).finish();
  return json::ObjectWriter()
             .text("type", proof_type)
             .integer("version", 1)
             .text("document", encode_base64(proof.evidence.document))
             .text("statement", proof.evidence.statement)
             .text("config", proof.config)
             .raw("policy", proof.policy ? wire::encode_envelope(*proof.policy) : "null")
             .raw("certificate", wire::encode_envelope(proof.certificate))
             .raw("descriptors", descriptors)
             .raw("release", encode_measurements(proof.release))
             .finish() +
         "\n";
}

Result<Proof> parse_proof(std::string_view text) {
  const Error bad{ErrorCode::malformed, "proof-form", bad_form};
  if (text.size() > proof_bytes_max) return bad;
  const auto parsed = json::parse(as_bytes(text));
  if (!parsed) return bad;
  json::ObjectReader reader(*parsed);
  Proof proof;
  if (reader.text("type", 64) != proof_type) reader.fail("type");
  (void)reader.integer("version", 1, 1);
  const auto document = parse_base64(reader.text("document", 2 * wire::document_bytes_max));
  if (!document) reader.fail("document");
  proof.evidence.statement = reader.text("statement", statement_bytes_max);
  proof.config = reader.text("config", policy::config_bytes_max);
  proof.policy = read_envelope_or_null(reader, "policy");
  proof.certificate = read_envelope(reader, "certificate");
  json::ObjectReader descriptors(reader.value("descriptors"));
  proof.descriptors_id = descriptors.text("id", wire::id_bytes_max);
  proof.descriptors_answer = descriptors.text("answer", proof_bytes_max);
  if (!descriptors.finish("proof-form", bad_form)) reader.fail("descriptors");
  json::ObjectReader release(reader.value("release"));
  if (release.text("HashAlgorithm", 32) != hash_algorithm) release.fail("HashAlgorithm");
  proof.release = {
      .pcr0 = release.hex<48>("PCR0"), .pcr1 = release.hex<48>("PCR1"), .pcr2 = release.hex<48>("PCR2")};
  if (!release.finish("proof-form", bad_form)) reader.fail("release");
  const auto finished = reader.finish("proof-form", bad_form);
  if (!finished) return finished.error();
  proof.evidence.document = *document;
  return proof;
}

Judgement judge_proof(const Proof& proof, const Pins& pins, const Waivers& waivers) {
  Judgement judgement = judge(proof.evidence, pins, waivers, {});
  // What the file brings is judged as if it were pinned: by the same rules, and only as lines of the file.
  const Pins of_file{.root = pins.root,
                     .nonce = {},
                     .pcr0 = {},
                     .measurements = proof.release,
                     .config = proof.config,
                     .pcr3 = {},
                     .wallet_id = {},
                     .certificate = proof.certificate};
  const Judgement file = judge(proof.evidence, of_file, {.nonce = true, .wallet = true}, {});
  auto& checks = judgement.checks;
  checks.push_back(line_of_file(file, "config", "file-config", "PCR16 is its config's"));
  checks.push_back(line_of_file(file, "measurements", "file-release", "PCR0, PCR1 and PCR2 are its image's"));
  checks.push_back(
      line_of_file(file, "certificate", "file-certificate", "by the admins of its config, for this wallet"));
  const auto config = policy::parse_config(as_bytes(proof.config));
  const bool believed = config && judgement.statement;
  checks.push_back(believed ? check_policy(proof, *config, *judgement.statement) : not_judged("file-policy"));
  checks.push_back(believed ? check_descriptors(proof, *config, *judgement.statement)
                            : not_judged("file-descriptors"));
  judgement.accepted = judgement.first_no() == nullptr;
  return judgement;
}

}  // namespace ben::verify
