#include "verify/proof.hpp"

#include "base/hex.hpp"
#include "cli/files.hpp"
#include "cli/node.hpp"
#include "cli/stop.hpp"
#include "cli/verdict.hpp"
#include "json/reader.hpp"
#include "verify/answer.hpp"

namespace ben::cli {
namespace {

Bytes nonce_of(const ProofExportOptions& options) {
  if (options.nonce.empty()) {
    Bytes nonce(32);
    fill_random(nonce);
    return nonce;
  }
  auto nonce = parse_hex(options.nonce);
  if (!nonce || nonce->size() < 16 || nonce->size() > 64)
    throw UsageStop("--nonce has 16 to 64 bytes as lower-case hex digits");
  return *std::move(nonce);
}

std::optional<wire::Envelope> fetch_policy(NodeClient& client) {
  const SignerAnswer answer = client.call("get_policy", "{}");
  json::ObjectReader reader(answer.value);
  const json::Value& policy = reader.value("policy");
  (void)value_or_stop(reader.finish("answer-form", "the result is not of the protocol's form"), "get_policy");
  if (policy.is_null()) return std::nullopt;
  return value_or_stop(wire::parse_envelope(policy), "get_policy");
}

// The descriptors of a proof that was accepted.
void say_descriptors(const verify::Proof& proof, Output& output) {
  const auto answer = value_or_stop(
      verify::parse_answer(proof.descriptors_answer, json::quote(proof.descriptors_id)), "the proof");
  const auto value = value_or_stop(json::parse(as_bytes(answer.outcome)), "the proof");
  json::ArrayWriter array;
  for (const json::Value& item :
       json::ObjectReader(value).array("descriptors", policy::config_accounts_max)) {
    json::ObjectReader member(item);
    const std::string account(member.text("account", 32));
    const std::string descriptor(member.text("descriptor", 512));
    array.raw(json::ObjectWriter().text("account", account).text("descriptor", descriptor).finish());
    output.line(printable(std::string(account).append("  ").append(descriptor)));
  }
  output.json_fact("descriptors", array.finish());
}

}  // namespace

int export_proof(const ProofExportOptions& options, Output& output) {
  const Node node = load_node(options.node);
  const Bytes nonce = nonce_of(options);
  stop_if_present(options.out);
  if (!node.profile.certificate) {
    throw Stop("not-pinned",
               "the profile has no wallet certificate: benctl profile new --update --certificate");
  }

  ConnectedNode connected(node, {});
  HttpTransport transport(node.profile.url);
  const FetchedEvidence fetched = fetch_evidence(transport, nonce);
  const RpcCall call = make_call("get_descriptors", "{}");
  const SignerAnswer descriptors = connected.client().send(call);
  const verify::Proof proof{.evidence = fetched.evidence,
                            .config = config_of(node.profile).text,
                            .policy = fetch_policy(connected.client()),
                            .certificate = *node.profile.certificate,
                            .descriptors_id = call.id.substr(1, call.id.size() - 2),
                            .descriptors_answer = descriptors.text,
                            .release = measurements_of(node.profile)};
  // The file says what its reader will say: one that is not accepted is not written.
  verify::Pins pins = pins_of(node.profile);
  pins.nonce = nonce;
  const verify::Judgement judgement = verify::judge_proof(proof, pins, {});
  if (judgement.accepted) write_new_file(options.out, as_bytes(verify::encode_proof(proof)));
  output.fact("nonce", encode_hex(nonce)).fact("file", options.out);
  return conclude(judgement, output);
}

int verify_proof_file(const VerifyOptions& options, const std::string& file, Output& output) {
  const verify::Proof proof =
      value_or_stop(verify::parse_proof(read_text_file(file, verify::proof_bytes_max)), file);
  const Pinning pinning = pinning_of(options);
  const verify::Judgement judgement = verify::judge_proof(proof, pinning.pins, pinning.waivers);
  if (judgement.accepted) say_descriptors(proof, output);
  output.fact("timestamp_ms", static_cast<std::int64_t>(judgement.timestamp_ms));
  return conclude(judgement, output);
}

}  // namespace ben::cli
