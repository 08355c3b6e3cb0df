#include "cli/sealed_copy.hpp"

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "base/reader.hpp"
#include "cli/files.hpp"
#include "cli/stop.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "wire/frame.hpp"

namespace ben::cli {

std::filesystem::path sealed_copy_path(const std::filesystem::path& profile, const Hash256& wallet_id) {
  return beside_profile(profile, "wallet-" + encode_hex(wallet_id).substr(0, 16) + ".sealed");
}

void admit_sealed_copy(ByteView blob, const Hash256& wallet_id, const Hash256& config_hash,
                       const verify::Measurements& measurements) {
  constexpr std::uint16_t version = 1;
  Reader reader(blob);  // docs/protocol.md section 9
  const bool known = as_text(reader.take(4)) == "BENS" && reader.u16_be() == version;
  const ByteView sealed_wallet = reader.take(32);
  const ByteView sealed_config = reader.take(32);
  const ByteView pcr0 = reader.take(48);
  const ByteView pcr1 = reader.take(48);
  const ByteView pcr2 = reader.take(48);
  if (!known || reader.failed() || blob.size() > wire::sealed_seed_bytes_max)
    throw Stop("seal-form", "the sealed seed is not of a form that this benctl knows");
  if (!equal(sealed_wallet, wallet_id) || !equal(sealed_config, config_hash))
    throw Stop("seal-other", "the sealed seed is of another wallet or another config");
  if (!equal(pcr0, measurements.pcr0) || !equal(pcr1, measurements.pcr1) || !equal(pcr2, measurements.pcr2))
    throw Stop("seal-other", "the sealed seed was sealed by another image than the profile pins");
}

void keep_sealed_copy(const std::filesystem::path& profile, const Hash256& wallet_id, ByteView blob) {
  if (!blob.empty()) replace_file(sealed_copy_path(profile, wallet_id), blob);
}

void unseal(NodeClient& client, const Hash256& wallet_id, ByteView blob, const wire::Envelope& certificate) {
  const std::string params = json::ObjectWriter()
                                 .text("sealed_seed", encode_base64(blob))
                                 .raw("certificate", wire::encode_envelope(certificate))
                                 .finish();
  admit_armed(client.call("unseal", params), wallet_id);
}

void admit_armed(const SignerAnswer& answer, const Hash256& wallet_id) {
  json::ObjectReader reader(answer.value);
  const Hash256 armed_wallet = reader.hex<32>("wallet_id");
  const bool armed = reader.text("state", 16) == verify::state_name(verify::SignerState::armed);
  if (!reader.finish("answer-form", "") || !armed || armed_wallet != wallet_id)
    throw Stop("answer-armed", "the signer does not say that wallet " + encode_hex(wallet_id) + " is armed");
}

}  // namespace ben::cli
