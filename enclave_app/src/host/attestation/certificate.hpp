// One X.509 v3 certificate of a Nitro chain: P-384 key, signed by ECDSA with SHA-384 (RFC 5280).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "attestation/p384.hpp"
#include "attestation/refusal.hpp"
#include "base/bytes.hpp"

namespace ben::attestation {

inline constexpr std::size_t certificate_bytes_max =
    1024;  // attestation_process.md 3.2.2.2; genuine: up to 797

// Bits of keyUsage (RFC 5280 section 4.2.1.3) as they stand in its first byte.
inline constexpr std::uint8_t digital_signature_bit = 0x80;
inline constexpr std::uint8_t key_cert_sign_bit = 0x04;

// The views are into the certificate's bytes.
struct Certificate {
  ByteView signed_part;  // TBSCertificate
  ByteView issuer;       // Name, whole: names are equal when their bytes are
  ByteView subject;
  std::string_view common_name;  // of the subject; empty: none
  std::uint64_t not_before_s;    // inclusive, as is not_after_s
  std::uint64_t not_after_s;
  P384Point public_key;
  std::optional<bool> is_ca;  // none: no basicConstraints
  std::optional<std::uint64_t> path_length;
  std::uint8_t key_usage;  // 0: no keyUsage
  P384Signature signature;
};

// Refuses with certificate, certificate_algorithm, critical_extension or extended_key_usage. Extensions that
// are neither critical nor read here (key identifiers, CRL locations) are passed over.
Checked<Certificate> parse_certificate(ByteView der);

}  // namespace ben::attestation
