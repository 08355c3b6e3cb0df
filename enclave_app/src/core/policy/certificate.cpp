#include "policy/certificate.hpp"

#include "json/object_reader.hpp"

namespace ben::policy {

Result<WalletCertificate> verify_certificate(const wire::Envelope& envelope, const Config& config,
                                             const Hash256& config_hash) {
  const auto signers =
      wire::verify_envelope(envelope, wire::wallet_payload_type, config.admins.keys, config.admins.threshold);
  if (!signers) return signers.error();
  const auto value = json::parse(envelope.payload);
  if (!value)
    return Error{ErrorCode::malformed, "seal-certificate", "certificate: the payload is not strict JSON"};
  json::ObjectReader reader(*value);
  WalletCertificate certificate{};
  certificate.wallet_id = reader.hex<32>("wallet_id");
  const auto network = bitcoin::parse_network(reader.text("network", 16));
  if (!network) reader.fail("network");
  auto accounts = parse_accounts(reader.array("accounts", config_accounts_max));
  if (!accounts) reader.fail("accounts");
  certificate.origin = reader.text("origin", 32);
  if (certificate.origin != origin_generated) reader.fail("origin");
  certificate.config_hash = reader.hex<32>("config_hash");
  const auto finished =
      reader.finish("seal-certificate", "certificate: a member is missing, unknown or of the wrong form");
  if (!finished) return finished.error();
  certificate.network = *network;
  certificate.accounts = std::move(*accounts);

  if (certificate.network != config.network || certificate.accounts != config.accounts ||
      certificate.config_hash != config_hash) {
    return Error{ErrorCode::refused, "seal-certificate", "certificate: it was made for another config"};
  }
  return certificate;
}

}  // namespace ben::policy
