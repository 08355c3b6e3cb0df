// ECDSA over P-384 with SHA-384 (FIPS 186-5): the one signature algorithm of Nitro's documents and
// certificates.
#pragma once

#include "base/bytes.hpp"

namespace ben::attestation {

using P384Point = ByteArray<97>;  // 0x04 ‖ x ‖ y
struct P384Signature {
  ByteArray<48> r;  // big-endian
  ByteArray<48> s;
};

// Both r and s are at least 1 and below the order of the group.
[[nodiscard]] bool is_in_range(const P384Signature& signature) noexcept;

// False as well for a point that is not on the curve and a signature out of range. Both s and its negative
// verify: genuine signatures have either, so a document is not identified by its bytes.
[[nodiscard]] bool p384_verify(const P384Point& key, ByteView message,
                               const P384Signature& signature) noexcept;

}  // namespace ben::attestation
