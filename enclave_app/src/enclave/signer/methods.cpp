// The signer's methods: parameters in, results out.

#include "base/base64.hpp"
#include "bitcoin/account.hpp"
#include "bitcoin/address.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "signer/signer.hpp"

namespace ben::signer {
namespace {

Result<> no_params(const json::Value& params) {
  return json::ObjectReader(params).finish("rpc-params", "rpc: this method takes no parameters");
}

// The envelope that is a method's one parameter.
Result<wire::Envelope> envelope_param(const json::Value& params, StaticText key) {
  json::ObjectReader reader(params);
  const json::Value& value = reader.value(key);
  constexpr StaticText want = "rpc: want one parameter, an envelope of the admins";
  BEN_TRY(reader.finish("rpc-params", want));
  return wire::parse_envelope(value);
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
  if (!custody_->wallet_id())
    return refused("state-empty", "signer: there is no wallet: genesis, or unseal a stored one");
  return refused("state-locked", "signer: the wallet has no certificate of the admins yet");
}

Result<Progress> Signer::get_info(json::Value& params) {
  BEN_TRY(no_params(params));
  return Progress(statement());
}

Result<Progress> Signer::get_attestation(json::Value& params) {
  json::ObjectReader reader(params);
  const auto nonce = parse_hex(reader.text("nonce", 128));
  if (!nonce || nonce->size() < 16 || nonce->size() > 64) reader.fail("nonce");
  constexpr StaticText want = "rpc: want nonce, 32 to 128 hex digits";
  BEN_TRY(reader.finish("rpc-params", want));
  const std::string text = statement();
  const Bytes user_data = wire::boot_user_data(text);
  BEN_TRY(const auto document,
          nsm_.attestation({.user_data = ByteView(user_data), .nonce = ByteView(*nonce), .public_key = {}}));
  return Progress(
      json::ObjectWriter().text("document", encode_base64(document)).text("statement", text).finish());
}

Result<Signer::NamedKey> Signer::named_key(const json::Value& params) const {
  BEN_TRY(const auto wallet, armed_wallet());
  json::ObjectReader reader(params);
  const std::string_view name = reader.text("account", 32);
  const auto branch = static_cast<bitcoin::Branch>(reader.integer("branch", 0, 1));
  const auto index = static_cast<std::uint32_t>(reader.integer("index", 0, INT32_MAX));
  const auto& accounts = wallet->accounts();
  const auto named = std::ranges::find(
      accounts, name, [](const bitcoin::Account& account) { return policy::account_name(account.id); });
  if (named == accounts.end()) reader.fail("account");
  constexpr StaticText want = "rpc: want account (as bip84/0), branch (0 or 1) and index";
  BEN_TRY(reader.finish("rpc-params", want));
  const auto place = static_cast<std::size_t>(named - accounts.begin());
  BEN_TRY(const auto derived, wallet->derive_script(keys_->curve, {place, branch, index}));
  return NamedKey{.account = &*named, .derived = derived, .path = show_path(*named, branch, index)};
}

Result<Progress> Signer::get_public_key(json::Value& params) {
  BEN_TRY(const auto key, named_key(params));
  return Progress(json::ObjectWriter()
                      .text("public_key", encode_hex(key.derived.key.encoded))
                      .text("path", key.path)
                      .text("fingerprint", encode_hex(key.account->master_fingerprint))
                      .finish());
}

Result<Progress> Signer::get_address(json::Value& params) {
  BEN_TRY(const auto key, named_key(params));
  BEN_TRY(const auto address, bitcoin::encode_address(key.account->network, key.derived.script));
  return Progress(json::ObjectWriter()
                      .text("address", address)
                      .text("script_pubkey", encode_hex(key.derived.script))
                      .text("path", key.path)
                      .finish());
}

Result<Progress> Signer::get_descriptors(json::Value& params) {
  BEN_TRY(no_params(params));
  BEN_TRY(const auto wallet, armed_wallet());
  json::ArrayWriter descriptors;
  for (const bitcoin::Account& account : wallet->accounts()) {
    descriptors.raw(json::ObjectWriter()
                        .text("account", policy::account_name(account.id))
                        .text("descriptor", bitcoin::encode_descriptor(account))
                        .finish());
  }
  return Progress(json::ObjectWriter().raw("descriptors", descriptors.finish()).finish());
}

Result<Progress> Signer::get_policy(json::Value& params) {
  BEN_TRY(no_params(params));
  const ActivePolicy* active = governance_.active();
  return Progress(json::ObjectWriter().raw("policy", active == nullptr ? "null" : active->envelope).finish());
}

Result<Progress> Signer::genesis(json::Value& params) {
  BEN_TRY(const auto envelope, envelope_param(params, "request"));
  const auto& [keys, threshold] = config_->config.admins;
  BEN_TRY(const auto authorized, authorize(envelope, keys, threshold, "genesis", clock_, ledger_));
  return custody_->genesis(authorized.request, envelope.payload);
}

Result<Progress> Signer::certify_wallet(json::Value& params) {
  BEN_TRY(const auto certificate, envelope_param(params, "certificate"));
  return custody_->certify(certificate);
}

Result<Progress> Signer::unseal(json::Value& params) {
  json::ObjectReader reader(params);
  const auto sealed_seed = parse_base64(reader.text("sealed_seed", 2 * wire::sealed_seed_bytes_max));
  if (!sealed_seed || sealed_seed->size() > wire::sealed_seed_bytes_max) reader.fail("sealed_seed");
  const json::Value& certificate = reader.value("certificate");
  constexpr StaticText want = "rpc: want sealed_seed, base64, and certificate, an envelope or null";
  BEN_TRY(reader.finish("rpc-params", want));
  if (certificate.is_null()) return custody_->unseal(*sealed_seed, nullptr);
  BEN_TRY(const auto envelope, wire::parse_envelope(certificate));
  return custody_->unseal(*sealed_seed, &envelope);
}

Result<Progress> Signer::set_policy(json::Value& params) {
  BEN_TRY(const auto wallet, armed_wallet());
  BEN_TRY(const auto envelope, envelope_param(params, "policy"));
  return governance_.propose(envelope, config_->config, wallet->id());
}

}  // namespace ben::signer
