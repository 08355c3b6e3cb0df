#include "signer/boot.hpp"

namespace ben::signer {

Result<BootKeys> BootKeys::draw(Entropy& entropy) {
  const auto boot_id = entropy.draw<16>();
  if (!boot_id) return boot_id.error();
  const auto response_seed = entropy.draw<32>();
  if (!response_seed) return response_seed.error();
  const auto blinding = entropy.draw<32>();
  if (!blinding) return blinding.error();
  return BootKeys{.boot_id = to_array<16>(boot_id->expose()),
                  .response_key = Ed25519Key(*response_seed),
                  .curve = bitcoin::Curve(*blinding)};
}

Result<MeasuredConfig> measure_config(NsmClient& nsm, ByteView bytes) {
  const auto before = nsm.describe_pcr(config_pcr);
  if (!before) return before.error();
  if (before->locked || before->value != Hash384{})
    return refused("nsm-pcr16", "nsm: PCR16 was extended or locked before the config came");
  const auto extended = nsm.extend_pcr(config_pcr, sha384({bytes}));
  if (!extended) return extended.error();
  if (const auto locked = nsm.lock_pcrs(nsm_pcr_count); !locked) return locked.error();

  MeasuredConfig measured{.hash = sha256(bytes), .pcr16 = *extended, .image = {}, .config = {}};
  for (std::size_t index = 0; index < measured.image.size(); ++index) {
    const auto pcr = nsm.describe_pcr(static_cast<std::uint16_t>(index));
    if (!pcr) return pcr.error();
    measured.image[index] = pcr->value;
  }
  auto config = policy::parse_config(bytes);
  if (!config) return config.error();
  measured.config = std::move(*config);
  return measured;
}

}  // namespace ben::signer
