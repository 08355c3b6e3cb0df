#include "policy/config.hpp"

#include "base/base64.hpp"
#include "json/writer.hpp"

namespace ben::policy {
namespace {

constexpr StaticText bad_config = "config: a member is missing, unknown or of the wrong form";

// The ARN is for the broker, which judges its form: the signer uses the public key alone.
Result<std::optional<KmsKey>> parse_kms(const json::Value& value) {
  if (value.is_null()) return std::optional<KmsKey>();
  json::ObjectReader reader(value);
  std::string arn(reader.text("key_arn", 256));
  const auto der = parse_base64(reader.text("public_key", 1024));
  if (!der) reader.fail("kms.public_key");
  BEN_TRY(reader.finish("config-form", bad_config));
  BEN_TRY(auto key, RsaPublicKey::parse(*der));
  return std::optional<KmsKey>({.arn = std::move(arn), .public_key = std::move(key)});
}

Result<Admins> parse_admins(const json::Value& value) {
  json::ObjectReader reader(value);
  Admins admins{};
  for (const json::Value& item : reader.array("keys", admins_max)) {
    const auto key = parse_hex_array<32>(item.text_or_empty());
    if (!key || std::ranges::find(admins.keys, *key) != admins.keys.end()) reader.fail("admins.keys");
    if (key) admins.keys.push_back(*key);
  }
  const auto count = static_cast<std::int64_t>(admins.keys.size());
  admins.threshold = static_cast<std::size_t>(reader.integer("threshold", 1, count));
  BEN_TRY(reader.finish("config-form", bad_config));
  return admins;
}

}  // namespace

std::vector<bitcoin::AccountId> read_accounts(json::ObjectReader& reader) {
  std::vector<bitcoin::AccountId> accounts;
  for (const json::Value& item : reader.array("accounts", config_accounts_max)) {
    json::ObjectReader members(item);
    const bitcoin::AccountId account{
        .purpose = static_cast<bitcoin::Purpose>(members.integer("purpose", 0, UINT8_MAX)),
        .number = static_cast<std::uint32_t>(members.integer("account", 0, INT32_MAX))};
    const bool is_known = std::ranges::find(bitcoin::purposes, account.purpose) != bitcoin::purposes.end();
    const bool is_repeated = std::ranges::find(accounts, account) != accounts.end();
    if (!members.finish("config-form", bad_config) || !is_known || is_repeated) reader.fail("accounts");
    accounts.push_back(account);
  }
  if (accounts.empty()) reader.fail("accounts");
  return accounts;
}

std::string encode_accounts(std::span<const bitcoin::AccountId> accounts) {
  json::ArrayWriter array;
  for (const auto& [purpose, number] : accounts) {
    json::ObjectWriter writer;
    writer.integer("purpose", static_cast<std::int64_t>(purpose)).integer("account", number);
    array.raw(writer.finish());
  }
  return array.finish();
}

std::string account_name(const bitcoin::AccountId& account) {
  return "bip" + std::to_string(static_cast<unsigned>(account.purpose)) + "/" +
         std::to_string(account.number);
}

Result<Config> parse_config(ByteView bytes) {
  if (bytes.size() > config_bytes_max) return malformed("config-form", "config: over 64 KiB");
  BEN_TRY(const auto value, json::parse(bytes, "config-form"));
  json::ObjectReader reader(value);
  Config config{};
  (void)reader.integer("version", 1, 1);
  const auto network = bitcoin::parse_network(reader.text("network", 16));
  if (!network) reader.fail("network");
  const json::Value& kms = reader.value("kms");
  const json::Value& admins = reader.value("admins");
  config.accounts = read_accounts(reader);
  if (reader.text("arming", 16) != "automatic") reader.fail("arming");
  json::ObjectReader floors(reader.value("floors"));
  config.policy_epoch_floor = floors.integer("policy_epoch", 1, INT64_MAX);
  if (!floors.finish("config-form", bad_config)) reader.fail("floors.policy_epoch");
  BEN_TRY(reader.finish("config-form", bad_config));
  config.network = *network;
  if (config.network == bitcoin::Network::main) {
    return refused(
        "mainnet-needs-custody",
        "config: network main is refused until backup and upgrade exist: use test, testnet4, signet "
        "or regtest");
  }
  BEN_TRY(config.kms, parse_kms(kms));
  BEN_TRY(config.admins, parse_admins(admins));
  return config;
}

Result<Hash256> verify_certificate(const wire::Envelope& envelope, const Config& config,
                                   const Hash256& config_hash) {
  const auto& [keys, threshold] = config.admins;
  BEN_TRY(wire::verify_envelope(envelope, wire::wallet_payload_type, keys, threshold));
  BEN_TRY(const auto value, json::parse(envelope.payload, "seal-certificate"));
  json::ObjectReader reader(value);
  const Hash256 wallet_id = reader.hex<32>("wallet_id");
  const auto network = bitcoin::parse_network(reader.text("network", 16));
  if (!network) reader.fail("network");
  const auto accounts = read_accounts(reader);
  if (reader.text("origin", 32) != origin_generated) reader.fail("origin");
  const Hash256 named_config = reader.hex<32>("config_hash");
  constexpr StaticText bad_form = "certificate: a member is missing, unknown or of the wrong form";
  BEN_TRY(reader.finish("seal-certificate", bad_form));
  if (*network != config.network || accounts != config.accounts || named_config != config_hash)
    return refused("seal-certificate", "certificate: it was made for another config");
  return wallet_id;
}

}  // namespace ben::policy
