// Writes the payload of a wallet certificate, for the administrators to sign. Docs: docs/protocol.md
// section 3.
#pragma once

#include "policy/config.hpp"

namespace ben::policy {

struct WalletCertificate {
  Hash256 wallet_id;
  bitcoin::Network network;
  std::vector<bitcoin::AccountId> accounts;
  std::string origin;
  Hash256 config_hash;
};

[[nodiscard]] std::string encode_certificate(const WalletCertificate& certificate);

}  // namespace ben::policy
