#include "signer/boot.hpp"

namespace ben::signer {

Result<BootKeys> BootKeys::draw(Entropy& entropy) {
  BEN_TRY(const auto boot_id, entropy.draw<16>());
  BEN_TRY(const auto response_seed, entropy.draw<32>());
  BEN_TRY(const auto blinding, entropy.draw<32>());
  return BootKeys{.boot_id = to_array<16>(boot_id.expose()),
                  .response_key = Ed25519Key(response_seed),
                  .curve = bitcoin::Curve(blinding)};
}

Result<MeasuredConfig> measure_config(NsmClient& nsm, ByteView bytes) {
  BEN_TRY(const auto before, nsm.describe_pcr(config_pcr));
  if (before.locked || before.value != Hash384{})
    return refused("nsm-pcr16", "nsm: PCR16 was extended or locked before the config came");
  BEN_TRY(const auto extended, nsm.extend_pcr(config_pcr, sha384({bytes})));
  BEN_TRY(nsm.lock_pcrs(nsm_pcr_count));

  MeasuredConfig measured{.hash = sha256(bytes), .pcr16 = extended, .image = {}, .config = {}};
  for (std::size_t index = 0; index < measured.image.size(); ++index) {
    BEN_TRY(const auto pcr, nsm.describe_pcr(static_cast<std::uint16_t>(index)));
    measured.image[index] = pcr.value;
  }
  BEN_TRY(auto config, policy::parse_config(bytes));
  measured.config = std::move(config);
  return measured;
}

}  // namespace ben::signer
