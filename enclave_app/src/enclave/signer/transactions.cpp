#include "signer/transactions.hpp"

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "bitcoin/sign.hpp"
#include "json/object_reader.hpp"
#include "json/writer.hpp"

namespace ben::signer {
namespace {

constexpr std::size_t psbt_base64_bytes_max = (bitcoin::psbt_bytes_max + 2) / 3 * 4;

struct Submission {
  AuthorizedRequest authorized;
  Bytes psbt;
};

Result<Submission> read_submission(const DecisionContext& context, json::Value& params,
                                   std::string_view method) {
  json::ObjectReader reader(params);
  const json::Value& request_value = reader.value("request");
  const std::string_view psbt_text = reader.text("psbt", psbt_base64_bytes_max);
  const auto finished = reader.finish(
      "rpc-params", "rpc: want request, an envelope, and psbt, base64 of at most 8,000,000 bytes");
  if (!finished) return finished.error();
  const auto envelope = wire::parse_envelope(request_value);
  if (!envelope) return envelope.error();
  auto authorized = authorize(*envelope, context.policy.requesters, 1, method, context.clock, context.ledger);
  if (!authorized) return authorized.error();
  if (authorized->request.wallet_id != context.wallet.id())
    return refused("auth-wallet", "auth: the request was signed for another wallet");
  if (authorized->request.policy_epoch != context.policy.policy.epoch)
    return refused("auth-epoch", "auth: the request was signed under another policy epoch");
  auto psbt = parse_base64(psbt_text);
  static_cast<void>(params.take_member("psbt"));  // its text is a third larger than the PSBT
  if (!psbt) return psbt.error();
  if (sha256(*psbt) != authorized->request.psbt_sha256)
    return refused("auth-psbt", "auth: the PSBT is not the one that was signed for");
  return Submission{.authorized = std::move(*authorized), .psbt = std::move(*psbt)};
}

Result<bitcoin::Review> review(const DecisionContext& context, Bytes psbt_bytes) {
  auto psbt = bitcoin::Psbt::parse(std::move(psbt_bytes));
  if (!psbt) return psbt.error();
  return bitcoin::review_psbt(context.wallet.own_keys(context.curve), std::move(*psbt),
                              context.policy.policy.change_index_max);
}

// The transaction id, with its bytes reversed as it is shown, and the amounts.
void write_figures(json::ObjectWriter& writer, const bitcoin::Review& review) {
  Hash256 txid = review.txid.value_or(Hash256{});
  std::reverse(txid.begin(), txid.end());
  writer.text_or_null("txid", review.txid ? encode_hex(txid) : "");
  writer.integer("outflow_sats", static_cast<std::int64_t>(review.outflow_sats));
  writer.integer("fee_sats", static_cast<std::int64_t>(review.fee_sats));
}

// A verdict: `refusal` or `rule`, and the amounts where the review got that far.
Progress verdict(const Error* refusal, std::string_view rule, const bitcoin::Review* review) {
  json::ObjectWriter writer;
  writer.text("verdict", refusal == nullptr ? "allow" : "deny");
  writer.text_or_null("tag", refusal == nullptr ? std::string_view() : refusal->tag.view());
  writer.text_or_null("reason", refusal == nullptr ? std::string_view() : refusal->reason.view());
  writer.text_or_null("rule", rule);
  if (review == nullptr) return writer.null("txid").null("outflow_sats").null("fee_sats").finish();
  write_figures(writer, *review);
  return writer.finish();
}

}  // namespace

Result<Progress> sign_transaction(const DecisionContext& context, json::Value& params) {
  auto submission = read_submission(context, params, "sign_transaction");
  if (!submission) return submission.error();
  const auto reviewed = review(context, std::move(submission->psbt));
  if (!reviewed) return reviewed.error();
  const auto rule =
      policy::admit_transaction(context.policy.policy, submission->authorized.signers, *reviewed);
  if (!rule) return rule.error();
  const auto signed_psbt = bitcoin::sign_reviewed(context.curve, context.wallet, *reviewed);
  if (!signed_psbt) return signed_psbt.error();

  json::ObjectWriter writer;
  writer.text("psbt", encode_base64(*signed_psbt));
  writer.text("rule", context.policy.policy.rules[*rule].name);
  write_figures(writer, *reviewed);
  return Progress(writer.text("decision_key", encode_hex(reviewed->decision_key)).finish());
}

Result<Progress> evaluate_transaction(const DecisionContext& context, json::Value& params) {
  auto submission = read_submission(context, params, "evaluate_transaction");
  if (!submission) return submission.error();
  const auto reviewed = review(context, std::move(submission->psbt));
  if (!reviewed) return verdict(&reviewed.error(), {}, nullptr);
  const auto rule =
      policy::admit_transaction(context.policy.policy, submission->authorized.signers, *reviewed);
  if (!rule) return verdict(&rule.error(), {}, &*reviewed);
  return verdict(nullptr, context.policy.policy.rules[*rule].name, &*reviewed);
}

}  // namespace ben::signer
