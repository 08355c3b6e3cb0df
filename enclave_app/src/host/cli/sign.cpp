#include "cli/sign.hpp"

#include <algorithm>
#include <optional>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "bitcoin/review.hpp"
#include "cli/commands.hpp"
#include "cli/descriptors.hpp"
#include "cli/files.hpp"
#include "cli/psbt_file.hpp"
#include "cli/signed_psbt.hpp"
#include "cli/stop.hpp"
#include "json/reader.hpp"
#include "watch/derivation.hpp"

namespace ben::cli {
namespace {

constexpr std::uint64_t request_lifetime_ms = 10UL * 60 * 1000;
constexpr std::uint32_t any_index = INT32_MAX;  // the signer's policy caps the index of change, we do not
constexpr std::int64_t sats_max = static_cast<std::int64_t>(bitcoin::amount_sats_max);

// Evidence first, then the signature: nothing is signed for a node that is not believed.
SignerAnswer ask(std::string_view method, const Bytes& psbt, const Ed25519Key& key,
                 ConnectedNode& connected) {
  NodeClient& client = connected.client();
  const auto& wallet_id = client.statement().wallet_id;
  if (!wallet_id) throw Stop("wallet-missing", "the node has no wallet: restore the sealed blob");
  const std::string payload =
      encode_transaction_request({.method = method,
                                  .wallet_id = *wallet_id,
                                  .psbt_sha256 = sha256(psbt),
                                  .expires_at_ms = client.now_ms() + request_lifetime_ms,
                                  .policy_epoch = client.statement().policy_epoch});
  const auto envelope =
      sign_envelope(wire::request_payload_type, as_bytes(payload), std::span<const Ed25519Key>(&key, 1));
  return client.call(method, json::ObjectWriter()
                                 .raw("request", wire::encode_envelope(envelope))
                                 .text("psbt", encode_base64(psbt))
                                 .finish());
}

std::optional<std::string> txid_text(const bitcoin::Review& review) {
  if (!review.txid) return std::nullopt;
  Hash256 txid = *review.txid;
  std::reverse(txid.begin(), txid.end());
  return encode_hex(txid);
}

// What the signer says of a transaction, against what the pinned descriptors say of it.
void check_figures(const bitcoin::Review& review, const std::optional<std::string>& txid,
                   std::int64_t outflow_sats, std::int64_t fee_sats) {
  const bool same = txid == txid_text(review) && static_cast<std::uint64_t>(fee_sats) == review.fee_sats &&
                    static_cast<std::uint64_t>(outflow_sats) >= review.outflow_sats;
  if (!same) throw Stop("answer-figures", "the signer's txid, fee or outflow is not that of the PSBT");
}

bitcoin::Review review_own(const Node& node, const Bytes& psbt) {
  const auto accounts = pinned_accounts(node.profile, config_of(node.profile).parsed.network);
  auto parsed = value_or_stop(bitcoin::Psbt::parse(psbt), "the PSBT");
  return value_or_stop(
      bitcoin::review_psbt(watch::own_keys(public_curve(), accounts), std::move(parsed), any_index),
      "the PSBT");
}

std::optional<std::int64_t> integer_or_null(json::ObjectReader& reader, StaticText key) {
  const json::Value& value = reader.value(key);
  if (value.is_null()) return std::nullopt;
  if (value.integer() == nullptr || *value.integer() < 0 || *value.integer() > sats_max) reader.fail(key);
  return value.integer() == nullptr ? 0 : *value.integer();
}

std::optional<std::string> text_or_null(json::ObjectReader& reader, StaticText key) {
  const json::Value& value = reader.value(key);
  if (value.is_null()) return std::nullopt;
  if (value.text() == nullptr) reader.fail(key);
  return value.text() == nullptr ? std::string() : *value.text();
}

void say_number(std::string_view name, const std::optional<std::int64_t>& number, Output& output) {
  if (number) {
    output.fact(name, *number);
  } else {
    output.fact_or_none(name, std::nullopt);
  }
}

}  // namespace

Ed25519Key read_requester_key(const KeyOptions& keys, const Profile& profile) {
  if (keys.files.size() > 1) throw UsageStop("one requester signs: give one --key");
  const std::string file = keys.files.empty() ? profile.key : keys.files.front();
  if (file.empty()) {
    throw UsageStop("no requester key: give --key, set BENCTL_KEY, or benctl profile new --update --key");
  }
  return read_key_file(file, {.file = keys.passphrase_file});
}

SignedTransaction sign_checked(const Node& node, const Bytes& psbt, const Ed25519Key& key) {
  ConnectedNode connected(node, {});
  const SignerAnswer answer = ask("sign_transaction", psbt, key, connected);
  json::ObjectReader reader(answer.value);
  auto signed_psbt = parse_base64(reader.text("psbt", psbt_text_bytes_max + 2'000'000));
  const auto txid = text_or_null(reader, "txid");
  const std::string rule(reader.text("rule", 64));
  const std::int64_t outflow_sats = reader.integer("outflow_sats", 0, sats_max);
  const std::int64_t fee_sats = reader.integer("fee_sats", 0, sats_max);
  const Hash256 decision_key = reader.hex<32>("decision_key");
  if (!signed_psbt) reader.fail("psbt");
  (void)value_or_stop(reader.finish("answer-form", "the result is not of the protocol's form"),
                      "sign_transaction");

  const bitcoin::Review review = review_own(node, psbt);
  check_figures(review, txid, outflow_sats, fee_sats);
  if (decision_key != review.decision_key)
    throw Stop("answer-figures", "the signer decided about other amounts than those of the PSBT");
  check_signed_psbt(public_curve(), review, *signed_psbt);
  return {.psbt = *std::move(signed_psbt),
          .txid = txid,
          .rule = rule,
          .outflow_sats = outflow_sats,
          .fee_sats = fee_sats,
          .decision_key = decision_key};
}

int sign_psbt(const SignOptions& options, Output& output) {
  const Node node = load_node(options.node);
  const PsbtFile psbt = read_psbt_file(options.psbt);
  const Ed25519Key key = read_requester_key(options.keys, node.profile);
  if (!options.out.empty()) stop_if_present(options.out);
  const SignedTransaction answer = sign_checked(node, psbt.bytes, key);

  output.fact_or_none("txid", answer.txid).fact("rule", answer.rule);
  output.fact("outflow_sats", answer.outflow_sats).fact("fee_sats", answer.fee_sats);
  output.fact("decision_key", encode_hex(answer.decision_key));
  say_psbt({.bytes = answer.psbt, .is_text = psbt.is_text}, options.out, output);
  return exit_yes;
}

int evaluate_psbt(const SignOptions& options, Output& output) {
  const Node node = load_node(options.node);
  const PsbtFile psbt = read_psbt_file(options.psbt);
  const Ed25519Key key = read_requester_key(options.keys, node.profile);
  ConnectedNode connected(node, {});
  const SignerAnswer answer = ask("evaluate_transaction", psbt.bytes, key, connected);
  json::ObjectReader reader(answer.value);
  const std::string verdict(reader.text("verdict", 16));
  const auto tag = text_or_null(reader, "tag");
  const auto reason = text_or_null(reader, "reason");
  const auto rule = text_or_null(reader, "rule");
  const auto txid = text_or_null(reader, "txid");
  const auto outflow_sats = integer_or_null(reader, "outflow_sats");
  const auto fee_sats = integer_or_null(reader, "fee_sats");
  if (verdict != "allow" && verdict != "deny") reader.fail("verdict");
  (void)value_or_stop(reader.finish("answer-form", "the result is not of the protocol's form"),
                      "evaluate_transaction");
  const bool allowed = verdict == "allow";
  if (allowed && (!outflow_sats || !fee_sats || !rule))
    throw Stop("answer-form", "evaluate_transaction: allowed, without saying what");
  if (allowed) check_figures(review_own(node, psbt.bytes), txid, *outflow_sats, *fee_sats);

  output.fact("verdict", verdict);
  output.fact_or_none("rule", rule).fact_or_none("tag", tag).fact_or_none("reason", reason);
  output.fact_or_none("txid", txid);
  say_number("outflow_sats", outflow_sats, output);
  say_number("fee_sats", fee_sats, output);
  return allowed ? exit_yes : exit_no;
}

}  // namespace ben::cli
