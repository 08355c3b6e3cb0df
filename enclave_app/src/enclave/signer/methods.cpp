// The signer's methods: parameters in, results out.

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "bitcoin/address.hpp"
#include "bitcoin/descriptor.hpp"
#include "json/object_reader.hpp"
#include "json/writer.hpp"
#include "signer/signer.hpp"

namespace ben::signer {
namespace {

Result<> no_params(const json::Value& params) {
  return json::ObjectReader(params).finish("rpc-params", "rpc: this method takes no parameters");
}

// m/84h/1h/0h/0/5
std::string show_path(const bitcoin::Account& account, bitcoin::Branch branch, std::uint32_t index) {
  return "m/" + bitcoin::encode_account_path(account) + '/' + std::to_string(static_cast<unsigned>(branch)) +
         '/' + std::to_string(index);
}

}  // namespace

Result<const bitcoin::Wallet*> Signer::armed_wallet() const {
  const bitcoin::Wallet* wallet = custody_->armed_wallet();
  if (wallet != nullptr) return wallet;
  if (custody_->state() == wire::SignerState::empty)
    return refused("state-empty", "signer: there is no wallet: genesis, or unseal a stored one");
  return refused("state-locked", "signer: the wallet has no certificate of the admins yet");
}

Result<Progress> Signer::get_info(json::Value& params) {
  const auto checked = no_params(params);
  if (!checked) return checked.error();
  return Progress(statement());
}

Result<Progress> Signer::get_attestation(json::Value& params) {
  json::ObjectReader reader(params);
  const auto nonce = parse_hex(reader.text("nonce", 128));
  if (!nonce || nonce->size() < 16 || nonce->size() > 64) reader.fail("nonce");
  const auto finished = reader.finish("rpc-params", "rpc: want nonce, 32 to 128 hex digits");
  if (!finished) return finished.error();
  const std::string text = statement();
  const Bytes user_data = wire::boot_user_data(text);
  const auto document =
      nsm_.attestation({.user_data = ByteView(user_data), .nonce = ByteView(*nonce), .public_key = {}});
  if (!document) return document.error();
  return Progress(
      json::ObjectWriter().text("document", encode_base64(*document)).text("statement", text).finish());
}

Result<Signer::NamedKey> Signer::named_key(const json::Value& params) const {
  const auto wallet = armed_wallet();
  if (!wallet) return wallet.error();
  json::ObjectReader reader(params);
  const std::string_view name = reader.text("account", 32);
  const auto branch = static_cast<bitcoin::Branch>(reader.integer("branch", 0, 1));
  const auto index = static_cast<std::uint32_t>(reader.integer("index", 0, INT32_MAX));
  const auto& accounts = (*wallet)->accounts();
  const auto named = std::find_if(accounts.begin(), accounts.end(), [&](const bitcoin::Account& account) {
    return policy::account_name(account.id) == name;
  });
  if (named == accounts.end()) reader.fail("account");
  const auto finished =
      reader.finish("rpc-params", "rpc: want account (as bip84/0), branch (0 or 1) and index");
  if (!finished) return finished.error();
  const auto place = static_cast<std::size_t>(named - accounts.begin());
  const auto derived = (*wallet)->derive_script(keys_->curve, {place, branch, index});
  if (!derived) return derived.error();
  return NamedKey{.account = &*named, .derived = *derived, .path = show_path(*named, branch, index)};
}

Result<Progress> Signer::get_public_key(json::Value& params) {
  const auto key = named_key(params);
  if (!key) return key.error();
  return Progress(json::ObjectWriter()
                      .text("public_key", encode_hex(key->derived.encoded_key))
                      .text("path", key->path)
                      .text("fingerprint", encode_hex(key->account->master_fingerprint))
                      .finish());
}

Result<Progress> Signer::get_address(json::Value& params) {
  const auto key = named_key(params);
  if (!key) return key.error();
  const auto address = bitcoin::encode_address(key->account->network, key->derived.script);
  if (!address) return address.error();
  return Progress(json::ObjectWriter()
                      .text("address", *address)
                      .text("script_pubkey", encode_hex(key->derived.script))
                      .text("path", key->path)
                      .finish());
}

Result<Progress> Signer::get_descriptors(json::Value& params) {
  const auto checked = no_params(params);
  if (!checked) return checked.error();
  const auto wallet = armed_wallet();
  if (!wallet) return wallet.error();
  json::ArrayWriter descriptors;
  for (const bitcoin::Account& account : (*wallet)->accounts()) {
    descriptors.raw(json::ObjectWriter()
                        .text("account", policy::account_name(account.id))
                        .text("descriptor", bitcoin::encode_descriptor(account))
                        .finish());
  }
  return Progress(json::ObjectWriter().raw("descriptors", descriptors.finish()).finish());
}

Result<Progress> Signer::get_policy(json::Value& params) {
  const auto checked = no_params(params);
  if (!checked) return checked.error();
  const ActivePolicy* active = governance_.active();
  return Progress(json::ObjectWriter().raw("policy", active == nullptr ? "null" : active->envelope).finish());
}

Result<Progress> Signer::genesis(json::Value& params) {
  json::ObjectReader reader(params);
  const json::Value& request = reader.value("request");
  const auto finished = reader.finish("rpc-params", "rpc: want request, an envelope of the admins");
  if (!finished) return finished.error();
  const auto envelope = wire::parse_envelope(request);
  if (!envelope) return envelope.error();
  const policy::Admins& admins = config_->config.admins;
  const auto authorized = authorize(*envelope, admins.keys, admins.threshold, "genesis", clock_, ledger_);
  if (!authorized) return authorized.error();
  return custody_->genesis(authorized->request, envelope->payload);
}

Result<Progress> Signer::certify_wallet(json::Value& params) {
  json::ObjectReader reader(params);
  const json::Value& certificate = reader.value("certificate");
  const auto finished = reader.finish("rpc-params", "rpc: want certificate, an envelope of the admins");
  if (!finished) return finished.error();
  return custody_->certify(certificate);
}

Result<Progress> Signer::unseal(json::Value& params) {
  json::ObjectReader reader(params);
  const auto sealed_seed = parse_base64(reader.text("sealed_seed", 2 * wire::sealed_seed_bytes_max));
  if (!sealed_seed || sealed_seed->size() > wire::sealed_seed_bytes_max) reader.fail("sealed_seed");
  const json::Value& certificate = reader.value("certificate");
  const auto finished =
      reader.finish("rpc-params", "rpc: want sealed_seed, base64, and certificate, an envelope or null");
  if (!finished) return finished.error();
  return custody_->unseal(*sealed_seed, certificate);
}

Result<Progress> Signer::set_policy(json::Value& params) {
  const auto wallet = armed_wallet();
  if (!wallet) return wallet.error();
  json::ObjectReader reader(params);
  const json::Value& envelope = reader.value("policy");
  const auto finished = reader.finish("rpc-params", "rpc: want policy, an envelope of the admins");
  if (!finished) return finished.error();
  return governance_.propose(envelope, config_->config, (*wallet)->id());
}

Result<DecisionContext> Signer::decision_context() {
  const auto wallet = armed_wallet();
  if (!wallet) return wallet.error();
  const ActivePolicy* active = governance_.active();
  if (active == nullptr)
    return refused("policy-missing", "policy: none is in force, so everything is refused: set one");
  return DecisionContext{
      .curve = keys_->curve, .wallet = **wallet, .policy = *active, .clock = clock_, .ledger = ledger_};
}

Result<Progress> Signer::sign_transaction(json::Value& params) {
  const auto context = decision_context();
  if (!context) return context.error();
  return signer::sign_transaction(*context, params);
}

Result<Progress> Signer::evaluate_transaction(json::Value& params) {
  const auto context = decision_context();
  if (!context) return context.error();
  return signer::evaluate_transaction(*context, params);
}

}  // namespace ben::signer
