// Verifies Nitro attestation documents, alone: bytes, a root and a time in; the document's contents or a
// reason out.
//
// One spelling is accepted, the NSM's: an untagged COSE_Sign1 of definite lengths with shortest heads,
// protected header {alg: ES384}, empty unprotected header, and a signature that is checked over the payload
// as received. Nothing here throws, recurses on input, or does I/O; time and memory are bounded by
// document_bytes_max and a chain of 9 certificates.
#pragma once

#include <cstdint>
#include <optional>

#include "attestation/chain.hpp"
#include "attestation/payload.hpp"
#include "attestation/refusal.hpp"
#include "base/bytes.hpp"

namespace ben::attestation {

inline constexpr std::size_t payload_bytes_max = 16384;  // attestation_process.md section 3.2.2.2
inline constexpr std::size_t document_bytes_max = payload_bytes_max + 110;  // headers, heads and signature

// A document made this long after the verifier's time is from the future; clocks differ by less.
inline constexpr std::uint64_t clock_difference_s_max = 300;

struct Trust {
  ByteView root_certificate;  // DER: aws_root_certificate(), or a test root that a person has named
  // Seconds since 1970, from a clock that the document's author does not set. None, for a record that is
  // looked at later: the document's own signed timestamp, which says that it was good when it was made.
  std::optional<std::uint64_t> time_s;
  ChainCache* chains = nullptr;  // none: every chain is verified
};

// A document that is accepted is authentic, and no more: a caller still compares nonce (by itself freshness
// lasts as long as a leaf, 3 hours), measurements, user_data, and refuses is_debug. Two documents can differ
// in bytes and be one (ECDSA's s and -s): never use their hash as an identity.
Checked<Document> verify_document(ByteView document, const Trust& trust);

}  // namespace ben::attestation
