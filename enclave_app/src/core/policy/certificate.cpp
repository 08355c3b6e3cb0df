#include "policy/certificate.hpp"

#include "json/object_reader.hpp"

namespace ben::policy {

Result<Hash256> verify_certificate(const wire::Envelope& envelope, const Config& config,
                                   const Hash256& config_hash) {
  const auto signers =
      wire::verify_envelope(envelope, wire::wallet_payload_type, config.admins.keys, config.admins.threshold);
  if (!signers) return signers.error();
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
  const auto finished =
      reader.finish("seal-certificate", "certificate: a member is missing, unknown or of the wrong form");
  if (!finished) return finished.error();
  if (*network != config.network || *accounts != config.accounts || named_config != config_hash)
    return refused("seal-certificate", "certificate: it was made for another config");
  return wallet_id;
}

}  // namespace ben::policy
