// The wallet certificate: m admins say which wallet is theirs. Encryption to a public key proves nothing
// about who encrypted, so a seed that comes back from the sealed blob counts only with it. Docs:
// docs/protocol.md section 3.
#pragma once

#include "policy/config.hpp"
#include "wire/dsse.hpp"

namespace ben::policy {

inline constexpr std::string_view origin_generated = "generated";

struct WalletCertificate {
  Hash256 wallet_id;
  bitcoin::Network network;
  std::vector<bitcoin::AccountId> accounts;
  std::string origin;
  Hash256 config_hash;
};

// Verifies the envelope against the config's admins and the payload against the config: same network,
// accounts and config hash. Fails with `malformed` (seal-certificate), `refused` (auth-…, seal-certificate).
Result<WalletCertificate> verify_certificate(const wire::Envelope& envelope, const Config& config,
                                             const Hash256& config_hash);

}  // namespace ben::policy
