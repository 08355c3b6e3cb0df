#include "signer/boot.hpp"

#include "crypto/hash.hpp"

namespace ben::signer {

Result<BootKeys> BootKeys::draw(Entropy& entropy) {
  wire::BootId boot_id{};
  Secret<32> response_seed;
  Secret<32> blinding;
  for (const std::span<std::uint8_t> out :
       {std::span<std::uint8_t>(boot_id), std::span<std::uint8_t>(response_seed.expose_mutable()),
        std::span<std::uint8_t>(blinding.expose_mutable())}) {
    const auto filled = entropy.fill(out);
    if (!filled) return filled.error();
  }
  return BootKeys{
      .boot_id = boot_id, .response_key = Ed25519Key(response_seed), .curve = bitcoin::Curve(blinding)};
}

Result<MeasuredConfig> measure_config(NsmClient& nsm, ByteView bytes) {
  const auto before = nsm.describe_pcr(config_pcr);
  if (!before) return before.error();
  if (before->locked || before->value != Hash384{}) {
    return Error{ErrorCode::refused, "nsm-pcr16", "nsm: PCR16 was extended or locked before the config came"};
  }
  const auto extended = nsm.extend_pcr(config_pcr, sha384(bytes));
  if (!extended) return extended.error();
  const auto locked = nsm.lock_pcrs(nsm_pcr_count);
  if (!locked) return locked.error();

  Hash384 image[3];
  for (std::uint16_t i = 0; i < 3; ++i) {
    const auto pcr = nsm.describe_pcr(i);
    if (!pcr) return pcr.error();
    image[i] = pcr->value;
  }
  auto config = policy::parse_config(bytes);
  if (!config) return config.error();
  return MeasuredConfig{.hash = sha256(bytes),
                        .pcr16 = *extended,
                        .image = {.pcr0 = image[0], .pcr1 = image[1], .pcr2 = image[2]},
                        .config = std::move(*config)};
}

}  // namespace ben::signer
