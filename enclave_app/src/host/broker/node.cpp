#include "broker/node.hpp"

#include "base/hex.hpp"
#include "json/writer.hpp"

namespace ben::broker {
namespace {

std::string or_else(const std::string& text, const char* other) {
  return text.empty() ? std::string(other) : text;
}

}  // namespace

std::string why_not_ready(const Node& node) {
  if (node.stopping) return "the broker is stopping";
  if (!node.session || !node.statement) return or_else(node.trouble, "the enclave is starting");
  if (!node.measured)
    return "no measurement is expected: give --expected-measurement; until then no keys are made";
  switch (node.statement->state) {
    case verify::SignerState::empty:
      return or_else(node.trouble, "there is no wallet: run genesis");
    case verify::SignerState::locked:
      return or_else(node.trouble, "the wallet has no certificate: run certify_wallet");
    case verify::SignerState::armed:
      break;
  }
  if (!node.statement->policy_hash) return or_else(node.trouble, "there is no policy: run set_policy");
  return {};
}

std::string encode_readiness(const Node& node) {
  const std::string reason = why_not_ready(node);
  const auto* statement = node.session && node.statement ? &*node.statement : nullptr;
  const bool has_wallet = statement != nullptr && statement->wallet_id.has_value();
  return json::ObjectWriter()
      .raw("ready", reason.empty() ? "true" : "false")
      .text("reason", reason)
      .text("state", statement == nullptr ? "UNKNOWN" : verify::state_name(statement->state))
      .text_or_null("wallet_id", has_wallet ? encode_hex(*statement->wallet_id) : std::string())
      .finish();
}

}  // namespace ben::broker
