// The certificate that signs an image: read from its PEM text, described.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "eif/openssl_owner.hpp"

namespace ben::eif {

// Nothing says who its owner is: PCR8 is compared, no chain is built.
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

// Reads PEM text that holds one certificate and no other block; text around the block is allowed, as AWS's
// builder embeds files as they are. Fails with `malformed` (eif-certificate).
Result<openssl::Certificate> parse_certificate(ByteView pem);

// Fails with `malformed` (eif-certificate) when a date cannot be read.
Result<SigningCertificate> describe_certificate(X509* certificate);

// `now_s`: seconds since 1970. Fails with `refused` (eif-certificate-date) before the first or after the last
// second of the certificate.
Result<> admit_certificate_dates(const SigningCertificate& certificate, std::int64_t now_s);

}  // namespace ben::eif
