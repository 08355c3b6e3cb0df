// The measurements of an image, as its builder publishes them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crypto/hash.hpp"

namespace ben::verify {

// All three are pinned: moving bytes between sections of an image can keep PCR0.
struct Measurements {
  Hash384 pcr0{};
  Hash384 pcr1{};
  Hash384 pcr2{};
  friend bool operator==(const Measurements&, const Measurements&) = default;
};

// Takes {"HashAlgorithm":"Sha384 { ... }","PCR0":…,"PCR1":…,"PCR2":…} and what `nitro-cli build-enclave`
// prints, which is the same below "Measurements". Fails with `malformed` (verify-measurements).
Result<Measurements> parse_measurements(std::string_view text);

[[nodiscard]] std::string encode_measurements(const Measurements& measurements);

}  // namespace ben::verify
