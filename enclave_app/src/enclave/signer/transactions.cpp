// The signer's methods for transactions: from a signed request and a PSBT to signatures, or to the reason why
// not.

#include "base/base64.hpp"
#include "bitcoin/wallet.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "signer/signer.hpp"

namespace ben::signer {
namespace {

constexpr std::size_t psbt_base64_bytes_max = (bitcoin::psbt_bytes_max + 2) / 3 * 4;

// The transaction id, with its bytes reversed as it is shown, and the amounts.
void write_figures(json::ObjectWriter& writer, const bitcoin::Review& review) {
  Hash256 txid = review.txid.value_or(Hash256{});
  std::ranges::reverse(txid);
  writer.text_or_null("txid", review.txid ? encode_hex(txid) : "");
  writer.integer("outflow_sats", static_cast<std::int64_t>(review.outflow_sats));
  writer.integer("fee_sats", static_cast<std::int64_t>(review.fee_sats));
}

}  // namespace

// `params`: {"request": envelope, "psbt": base64}; the PSBT is taken out. The signatures are checked before
// the PSBT is decoded. Fails with auth-…, state-…, policy-missing, rpc-params.
Result<Signer::Decision> Signer::decide(json::Value& params, std::string_view method) {
  BEN_TRY(const auto wallet, armed_wallet());
  const ActivePolicy* active = governance_.active();
  if (active == nullptr)
    return refused("policy-missing", "policy: none is in force, so everything is refused: set one");
  json::ObjectReader reader(params);
  const json::Value& request_value = reader.value("request");
  const std::string_view psbt_text = reader.text("psbt", psbt_base64_bytes_max);
  constexpr StaticText want = "rpc: want request, an envelope, and psbt, base64 of at most 8,000,000 bytes";
  BEN_TRY(reader.finish("rpc-params", want));
  BEN_TRY(const auto envelope, wire::parse_envelope(request_value));
  BEN_TRY(const auto authorized, authorize(envelope, active->requesters, 1, method, clock_, ledger_));
  if (authorized.request.wallet_id != wallet->id())
    return refused("auth-wallet", "auth: the request was signed for another wallet");
  if (authorized.request.policy_epoch != active->policy.epoch)
    return refused("auth-epoch", "auth: the request was signed under another policy epoch");
  auto bytes = parse_base64(psbt_text);
  static_cast<void>(params.take_member("psbt"));  // its text is a third larger than the PSBT
  if (!bytes) return bytes.error();
  if (sha256(*bytes) != authorized.request.psbt_sha256)
    return refused("auth-psbt", "auth: the PSBT is not the one that was signed for");

  auto psbt = bitcoin::Psbt::parse(std::move(*bytes));
  if (!psbt) return Decision{.review = {}, .rule = psbt.error()};
  auto review =
      bitcoin::review_psbt(wallet->own_keys(keys_->curve), std::move(*psbt), active->policy.change_index_max);
  if (!review) return Decision{.review = {}, .rule = review.error()};
  const auto rule = policy::admit_transaction(active->policy, authorized.signers, *review);
  return Decision{.review = std::move(*review), .rule = rule};
}

Result<Progress> Signer::sign_transaction(json::Value& params) {
  BEN_TRY(const auto decision, decide(params, "sign_transaction"));
  BEN_TRY(const auto rule, decision.rule);
  const bitcoin::Review& review = *decision.review;
  BEN_TRY(const auto signed_psbt, bitcoin::sign_reviewed(keys_->curve, *custody_->armed_wallet(), review));

  json::ObjectWriter writer;
  writer.text("psbt", encode_base64(signed_psbt));
  writer.text("rule", governance_.active()->policy.rules[rule].name);
  write_figures(writer, review);
  return Progress(writer.text("decision_key", encode_hex(review.decision_key)).finish());
}

// The same judgement as a verdict, with the amounts where the review got that far; nothing is signed.
Result<Progress> Signer::evaluate_transaction(json::Value& params) {
  BEN_TRY(const auto decision, decide(params, "evaluate_transaction"));
  const auto& rule = decision.rule;
  json::ObjectWriter writer;
  writer.text("verdict", rule ? "allow" : "deny");
  writer.text_or_null("tag", rule ? "" : rule.error().tag.view());
  writer.text_or_null("reason", rule ? "" : rule.error().reason.view());
  writer.text_or_null("rule", rule ? governance_.active()->policy.rules[*rule].name : "");
  if (!decision.review) return Progress(writer.null("txid").null("outflow_sats").null("fee_sats").finish());
  write_figures(writer, *decision.review);
  return Progress(writer.finish());
}

}  // namespace ben::signer
