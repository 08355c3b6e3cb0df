// The wallet certificate: m admins say which wallet is theirs. Encryption to a public key proves nothing
// about who encrypted, so a seed that comes back from the sealed blob counts only with it. Docs:
// docs/protocol.md section 3.
#pragma once

#include "policy/config.hpp"
#include "wire/dsse.hpp"

namespace ben::policy {

inline constexpr std::string_view origin_generated = "generated";

// Verifies the envelope against the config's admins and the payload against the config: same network,
// accounts and config hash, and a generated seed. Yields the wallet's id.
// Fails with `malformed` (seal-certificate), `refused` (auth-…, seal-certificate).
Result<Hash256> verify_certificate(const wire::Envelope& envelope, const Config& config,
                                   const Hash256& config_hash);

}  // namespace ben::policy
