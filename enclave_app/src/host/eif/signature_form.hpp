// The bytes of a signature section, in the one form that AWS's builder writes:
//
//   array(1) of map(2): text "signing_certificate" -> array of integers, the certificate file byte by byte;
//                       text "signature"           -> array of integers, an untagged COSE_Sign1
//   COSE_Sign1: array(4) of bytes {1: algorithm}, map(0), bytes payload, bytes r ‖ s  (RFC 9052 section 4.2)
//   payload:    map(2): text "register_index" -> 0; text "register_value" -> array of 48 integers, PCR0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"
#include "eif/openssl_owner.hpp"

namespace ben::eif::signature_form {

// What the curve of a key decides (RFC 9053 section 2.1; AWS pairs each curve with one hash).
struct Algorithm {
  int curve;
  const EVP_MD* (*hash)();
  ByteArray<2> cose_value;  // the algorithm's number in CBOR, of cose_value_bytes bytes
  std::size_t cose_value_bytes;
  std::size_t half_bytes;  // of r, and of s
};

// The algorithm of a key on P-256, P-384 or P-521; null for any other key.
[[nodiscard]] const Algorithm* algorithm_of(const EVP_PKEY* key);

struct Section {
  Bytes certificate;  // as in its file
  Bytes cose;
};

[[nodiscard]] Bytes encode_section(const Section& section);

// Fails with `malformed` (eif-signature).
Result<Section> parse_section(ByteView bytes);

struct Cose {
  Bytes protected_header;
  Bytes payload;
  Bytes signature;
};

[[nodiscard]] Bytes encode_cose(const Cose& cose);

// Fails with `malformed` (eif-signature).
Result<Cose> parse_cose(ByteView bytes);

[[nodiscard]] Bytes encode_protected_header(const Algorithm& algorithm);
[[nodiscard]] Bytes encode_payload(const Hash384& pcr0);

// What is signed (Sig_structure, RFC 9052 section 4.4).
[[nodiscard]] Bytes encode_signed_bytes(ByteView protected_header, ByteView payload);

}  // namespace ben::eif::signature_form
