#include "relay/certificate.hpp"

#include "base/hex.hpp"
#include "json/writer.hpp"

namespace ben::policy {

std::string encode_certificate(const WalletCertificate& certificate) {
  return json::ObjectWriter()
      .text("wallet_id", encode_hex(certificate.wallet_id))
      .text("network", bitcoin::parameters_of(certificate.network).name)
      .raw("accounts", encode_accounts(certificate.accounts))
      .text("origin", certificate.origin)
      .text("config_hash", encode_hex(certificate.config_hash))
      .finish();
}

}  // namespace ben::policy
