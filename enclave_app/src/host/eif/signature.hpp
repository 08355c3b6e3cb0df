// The signature section of an enclave image: a certificate and a COSE_Sign1 over PCR0.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"

namespace ben::eif {

inline constexpr std::size_t signature_bytes_max = 32768;  // aws-nitro-enclaves-image-format, README

// The certificate that signed an image. Nothing says who its owner is: PCR8 is compared, no chain is built.
struct SigningCertificate {
  Bytes der;
  std::vector<std::pair<std::string, std::string>> issuer;  // name of the attribute, value
  std::string algorithm;                                    // "ecdsa-with-SHA384"
  std::string not_before;                                   // "Jan  1 00:00:00 2026 GMT"
  std::string not_after;
  std::int64_t not_before_s = 0;  // since 1970, inclusive
  std::int64_t not_after_s = 0;
  Bytes signature;
};

// Verifies that `section` signs `pcr0`: the payload is built, never read. Accepts the one form that AWS's
// eif_build writes: an array of one map of a PEM certificate and an untagged COSE_Sign1, both as arrays of
// integers; ES256, ES384 or ES512 as the key's curve says. Fails with `malformed` (eif-signature for the
// section, eif-certificate for the certificate) or `refused` (eif-signature-pcr0) when the signature does not
// verify over this PCR0. Dates are the caller's to judge.
Result<SigningCertificate> verify_signature(ByteView section, const Hash384& pcr0);

}  // namespace ben::eif
