// The signer's config: its constitution, measured into PCR16, and the wallet certificate that its admins
// sign. Docs: docs/protocol.md sections 3 and 7.
#pragma once

#include "bitcoin/account.hpp"
#include "crypto/rsa.hpp"
#include "json/reader.hpp"
#include "wire/dsse.hpp"

namespace ben::policy {

inline constexpr std::size_t config_bytes_max = 64UL * 1024;
inline constexpr std::size_t admins_max = 16;
inline constexpr std::size_t config_accounts_max = 8;

struct KmsKey {
  std::string arn;  // not judged
  RsaPublicKey public_key;
};

struct Admins {
  std::vector<Ed25519PublicKey> keys;  // distinct
  std::size_t threshold;               // 1 to keys.size()
};

struct Config {
  bitcoin::Network network;
  std::optional<KmsKey> kms;  // nothing: the seed lives until the enclave stops
  Admins admins;
  std::vector<bitcoin::AccountId> accounts;  // distinct, not empty
  std::int64_t policy_epoch_floor;
};

// `bytes`: the config as it is measured.
// Fails with `malformed` (config-form with the key as detail, config-kms-key) or `refused`
// (mainnet-needs-custody: no wallet of real coins before backup and upgrade exist).
Result<Config> parse_config(ByteView bytes);

// The member `accounts`, a JSON array, of config, wallet certificate and genesis answer; the reader fails
// unless it has 1 to config_accounts_max distinct accounts of known purposes.
[[nodiscard]] std::vector<bitcoin::AccountId> read_accounts(json::ObjectReader& reader);
[[nodiscard]] std::string encode_accounts(std::span<const bitcoin::AccountId> accounts);

// "bip84/0": how methods and people name an account.
[[nodiscard]] std::string account_name(const bitcoin::AccountId& account);

// The wallet certificate: m admins say which wallet is theirs. Encryption to a public key proves nothing
// about who encrypted, so a seed that comes back from the sealed blob counts only with it.
inline constexpr std::string_view origin_generated = "generated";

// Verifies the envelope against the config's admins and the payload against the config: same network,
// accounts and config hash, and a generated seed. Yields the wallet's id.
// Fails with `malformed` (seal-certificate), `refused` (auth-…, seal-certificate).
Result<Hash256> verify_certificate(const wire::Envelope& envelope, const Config& config,
                                   const Hash256& config_hash);

}  // namespace ben::policy
