// Boot: what the signer is before it has a wallet. Keys of this boot, measurements, and the config, measured
// once.
#pragma once

#include "policy/config.hpp"
#include "signer/entropy.hpp"
#include "wire/rpc.hpp"

namespace ben::signer {

inline constexpr std::uint16_t config_pcr = 16;

// Fresh each boot. The response key signs every answer and is named in the attested statement.
struct BootKeys {
  wire::BootId boot_id;
  Ed25519Key response_key;
  bitcoin::Curve curve;

  static Result<BootKeys> draw(Entropy& entropy);
};

struct MeasuredConfig {
  Hash256 hash;                  // SHA-256 of the config bytes
  Hash384 pcr16;                 // as it stands after the extension
  std::array<Hash384, 3> image;  // PCR0, PCR1, PCR2
  policy::Config config;
};

// Extends PCR16 by SHA384(bytes), locks all 32 PCRs, and only then parses the bytes.
//
// Fails with `refused` (nsm-pcr16) when PCR16 is locked or not zero: somebody was here first. Fails with
// nsm-… or with the errors of parse_config; PCR16 is then taken and no other config can be measured in this
// boot.
Result<MeasuredConfig> measure_config(NsmClient& nsm, ByteView bytes);

}  // namespace ben::signer
