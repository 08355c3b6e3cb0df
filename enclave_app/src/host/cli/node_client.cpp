#include "cli/node_client.hpp"

#include <chrono>
#include <thread>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "relay/operation.hpp"
#include "verify/answer.hpp"

namespace ben::cli {
namespace {

Stop broker_stop(const verify::ErrorObject& error) {
  return {printable(error.tag), "the broker says: " + printable(error.message), exit_no, "broker"};
}

// An answer of the form that signers give, or the end: with the broker's own word where it gave one.
verify::Answer parse_or_stop(std::string_view text, std::string_view id) {
  auto answer = verify::parse_answer(text, id);
  if (answer) return *answer;
  const auto broker_error = verify::parse_broker_error(text);
  if (broker_error) throw broker_stop(*broker_error);
  throw stop_of(answer.error(), "the node");
}

// The node gives all its clients together 20 attestations a second: who comes too soon waits, up to 2 s in
// all.
std::string post_patiently(Transport& transport, std::string_view body) {
  constexpr int tries_max = 20;
  for (int tries = 1;; ++tries) {
    std::string text = transport.post(body);
    const auto error = verify::parse_broker_error(text);
    if (!error || error->tag != "broker-rate" || tries == tries_max) return text;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

std::string document_params(ByteView nonce) {
  return json::ObjectWriter().text("nonce", encode_hex(nonce)).finish();
}

}  // namespace

FetchedEvidence fetch_evidence(Transport& transport, ByteView nonce) {
  FetchedEvidence fetched{
      .evidence = {}, .call = make_call("get_attestation", document_params(nonce)), .answer = {}};
  fetched.answer = post_patiently(transport, fetched.call.body);
  const verify::Answer answer = parse_or_stop(fetched.answer, fetched.call.id);
  if (answer.is_error) {
    const auto error = value_or_stop(verify::parse_error_object(answer.outcome), "the node");
    throw Stop(printable(error.tag), "the node gives no evidence: " + printable(error.message), exit_no,
               "node");
  }
  const auto value = value_or_stop(json::parse(as_bytes(answer.outcome)), "get_attestation");
  json::ObjectReader reader(value);
  const auto document = parse_base64(reader.text("document", 2 * wire::document_bytes_max));
  if (!document) reader.fail("document");
  fetched.evidence.statement = reader.text("statement", verify::statement_bytes_max);
  (void)value_or_stop(reader.finish("answer-form", "the result is not of the protocol's form"),
                      "get_attestation");
  fetched.evidence.document = *document;
  return fetched;
}

void prove_evidence(const FetchedEvidence& fetched, const verify::Statement& statement) {
  const auto answer = value_or_stop(verify::parse_answer(fetched.answer, fetched.call.id), "get_attestation");
  (void)value_or_stop(
      verify::verify_proof(answer, as_bytes(fetched.call.body), statement.boot_id, statement.response_key),
      "get_attestation");
}

verify::Pins pins_of(const Profile& profile) {
  verify::Pins pins;
  pins.root = profile.root;
  pins.measurements = profile.measurements;
  pins.config = profile.config;
  pins.pcr3 = profile.pcr3;
  pins.wallet_id = profile.wallet_id;
  pins.certificate = profile.certificate;
  pins.policy_epoch_min = profile.policy_epoch_min;
  return pins;
}

NodeClient::NodeClient(Transport& transport, verify::Statement statement, const verify::Judgement& judgement)
    : transport_(&transport),
      statement_(std::move(statement)),
      now_ms_(judgement.timestamp_ms),
      test_root_(judgement.test_root) {}

NodeClient NodeClient::connect(Transport& transport, const verify::Pins& pins,
                               const verify::Waivers& waivers) {
  ByteArray<32> nonce{};
  fill_random(nonce);
  const FetchedEvidence fetched = fetch_evidence(transport, nonce);
  verify::Pins with_nonce = pins;
  with_nonce.nonce = to_bytes(nonce);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const verify::JudgedAt at{
      .time_s = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count())};
  const verify::Judgement judgement = verify::judge(fetched.evidence, with_nonce, waivers, at);
  const verify::Check* no = judgement.first_no();
  if (no != nullptr)
    throw Stop(no->tag, "the node is not believed: " + std::string(no->name) + ": " + no->text);
  if (!judgement.statement) throw Stop("verify-statement", "the node is not believed: it made no statement");
  prove_evidence(fetched, *judgement.statement);
  return {transport, *judgement.statement, judgement};
}

SignerAnswer NodeClient::call(std::string_view method, std::string_view params_json) {
  return send(make_call(method, params_json));
}

SignerAnswer NodeClient::send(const RpcCall& call) {
  const std::string text = transport_->post(call.body);
  const verify::Answer answer = parse_or_stop(text, call.id);
  (void)value_or_stop(
      verify::verify_proof(answer, as_bytes(call.body), statement_.boot_id, statement_.response_key),
      "the node");
  if (answer.is_error) {
    const auto error = value_or_stop(verify::parse_error_object(answer.outcome), "the signer");
    throw Stop(printable(error.tag), "the signer says: " + printable(error.message), exit_no, "signer");
  }
  auto value = value_or_stop(json::parse(as_bytes(answer.outcome)), "the signer");
  return {.text = text, .json = std::string(answer.outcome), .value = std::move(value)};
}

}  // namespace ben::cli
