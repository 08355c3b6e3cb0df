#include "policy/config.hpp"

#include "base/base64.hpp"
#include "json/object_reader.hpp"
#include "json/writer.hpp"

namespace ben::policy {
namespace {

constexpr StaticText bad_config = "config: a member is missing, unknown or of the wrong form";
constexpr std::size_t arn_bytes_max = 256;
constexpr std::size_t spki_base64_bytes_max = 1024;

// arn:PARTITION:kms:REGION:ACCOUNT:key/ID. Multi-Region keys (mrk-…) are refused: a replica in another Region
// has a key policy of its own.
bool is_single_region_key_arn(std::string_view arn) {
  const bool printable = std::all_of(arn.begin(), arn.end(),
                                     [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; });
  return printable && arn.starts_with("arn:") && arn.find(":kms:") != arn.npos &&
         arn.find(":key/") != arn.npos && arn.find(":key/mrk-") == arn.npos;
}

Result<std::optional<KmsKey>> parse_kms(const json::Value& value) {
  if (value.is_null()) return std::optional<KmsKey>();
  json::ObjectReader reader(value);
  const auto arn = reader.text("key_arn", arn_bytes_max);
  if (!is_single_region_key_arn(arn)) reader.fail("kms.key_arn");
  const auto der = parse_base64(reader.text("public_key", spki_base64_bytes_max));
  if (!der) reader.fail("kms.public_key");
  BEN_TRY(reader.finish("config-form", bad_config));
  BEN_TRY(auto key, RsaPublicKey::parse(*der));
  return std::optional<KmsKey>(KmsKey{.arn = std::string(arn), .public_key = std::move(key)});
}

Result<Admins> parse_admins(const json::Value& value) {
  json::ObjectReader reader(value);
  Admins admins{};
  for (const json::Value& item : reader.array("keys", admins_max)) {
    const auto key = parse_hex_array<32>(item.text_or_empty());
    if (!key || std::ranges::find(admins.keys, *key) != admins.keys.end()) reader.fail("admins.keys");
    if (key) admins.keys.push_back(*key);
  }
  admins.threshold =
      static_cast<std::size_t>(reader.integer("threshold", 1, static_cast<std::int64_t>(admins_max)));
  if (admins.threshold > admins.keys.size()) reader.fail("admins.threshold");
  BEN_TRY(reader.finish("config-form", bad_config));
  return admins;
}

}  // namespace

Result<std::vector<bitcoin::AccountId>> parse_accounts(std::span<const json::Value> items) {
  constexpr Error bad_accounts = malformed("config-form", bad_config, "accounts");
  std::vector<bitcoin::AccountId> accounts;
  for (const json::Value& item : items) {
    json::ObjectReader reader(item);
    const auto purpose = static_cast<bitcoin::Purpose>(reader.integer("purpose", 0, UINT8_MAX));
    const auto number = static_cast<std::uint32_t>(reader.integer("account", 0, INT32_MAX));
    if (!reader.finish("config-form", bad_config) ||
        std::find(bitcoin::purposes.begin(), bitcoin::purposes.end(), purpose) == bitcoin::purposes.end())
      return bad_accounts;
    const bitcoin::AccountId account{.purpose = purpose, .number = number};
    if (std::find(accounts.begin(), accounts.end(), account) != accounts.end()) return bad_accounts;
    accounts.push_back(account);
  }
  if (accounts.empty() || accounts.size() > config_accounts_max) return bad_accounts;
  return accounts;
}

std::string encode_accounts(std::span<const bitcoin::AccountId> accounts) {
  json::ArrayWriter array;
  for (const bitcoin::AccountId& account : accounts) {
    array.raw(json::ObjectWriter()
                  .integer("purpose", static_cast<std::int64_t>(account.purpose))
                  .integer("account", account.number)
                  .finish());
  }
  return array.finish();
}

std::string account_name(const bitcoin::AccountId& account) {
  return "bip" + std::to_string(static_cast<unsigned>(account.purpose)) + "/" +
         std::to_string(account.number);
}

Result<Config> parse_config(ByteView bytes) {
  if (bytes.size() > config_bytes_max) return malformed("config-form", "config: over 64 KiB");
  const auto value = json::parse(bytes);
  if (!value) return malformed("config-form", value.error().reason);
  json::ObjectReader reader(*value);
  (void)reader.integer("version", 1, 1);
  const auto network = bitcoin::parse_network(reader.text("network", 16));
  if (!network) reader.fail("network");
  const json::Value& kms_value = reader.value("kms");
  const json::Value& admins_value = reader.value("admins");
  const auto account_items = reader.array("accounts", config_accounts_max);
  if (reader.text("arming", 16) != "automatic") reader.fail("arming");
  json::ObjectReader floors(reader.value("floors"));
  const std::int64_t policy_epoch_floor = floors.integer("policy_epoch", 1, INT64_MAX);
  if (!floors.finish("config-form", bad_config)) reader.fail("floors.policy_epoch");
  BEN_TRY(reader.finish("config-form", bad_config));
  if (*network == bitcoin::Network::main) {
    return refused(
        "mainnet-needs-custody",
        "config: network main is refused until backup and upgrade exist: use test, testnet4, signet "
        "or regtest");
  }

  BEN_TRY(auto kms, parse_kms(kms_value));
  BEN_TRY(auto admins, parse_admins(admins_value));
  BEN_TRY(auto accounts, parse_accounts(account_items));
  return Config{.network = *network,
                .kms = std::move(kms),
                .admins = std::move(admins),
                .accounts = std::move(accounts),
                .policy_epoch_floor = policy_epoch_floor};
}

Result<Hash256> verify_certificate(const wire::Envelope& envelope, const Config& config,
                                   const Hash256& config_hash) {
  const auto& [keys, threshold] = config.admins;
  BEN_TRY(const auto signers, wire::verify_envelope(envelope, wire::wallet_payload_type, keys, threshold));
  const auto value = json::parse(envelope.payload);
  if (!value) return malformed("seal-certificate", "certificate: the payload is not strict JSON");
  json::ObjectReader reader(*value);
  const Hash256 wallet_id = reader.hex<32>("wallet_id");
  const auto network = bitcoin::parse_network(reader.text("network", 16));
  if (!network) reader.fail("network");
  const auto accounts = parse_accounts(reader.array("accounts", config_accounts_max));
  if (!accounts) reader.fail("accounts");
  if (reader.text("origin", 32) != origin_generated) reader.fail("origin");
  const Hash256 named_config = reader.hex<32>("config_hash");
  constexpr StaticText bad_form = "certificate: a member is missing, unknown or of the wrong form";
  BEN_TRY(reader.finish("seal-certificate", bad_form));
  if (*network != config.network || *accounts != config.accounts || named_config != config_hash)
    return refused("seal-certificate", "certificate: it was made for another config");
  return wallet_id;
}

}  // namespace ben::policy
