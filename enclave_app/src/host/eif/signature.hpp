// The signature section of an enclave image: a certificate and a COSE_Sign1 over PCR0. Verified and made.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"
#include "eif/signing_certificate.hpp"

namespace ben::eif {

inline constexpr std::size_t signature_bytes_max = 32768;  // aws-nitro-enclaves-image-format, README

// Verifies that `section` signs `pcr0`: the payload is built and compared, never believed. Accepts the one
// form that AWS's eif_build writes (signature_form.hpp). Dates are the caller's to judge. Fails with
// `malformed`: eif-signature (the section), eif-certificate, eif-certificate-key (a key that is not on P-256,
// P-384 or P-521); `refused`: eif-signature-algorithm (not that of the key's curve), eif-signature-pcr0
// (another register, or another PCR0), eif-signature-value (not a signature of the certificate's key).
Result<SigningCertificate> verify_signature(ByteView section, const Hash384& pcr0);

// A certificate, which is embedded byte for byte, and the private key to it, unencrypted; both as PEM.
struct SigningIdentity {
  Bytes certificate;
  Bytes key;
};

// The section that signs `pcr0`; verify_signature accepts it. Fails with `malformed`: eif-certificate,
// eif-certificate-key, eif-signing-key (no PEM private key without a passphrase, or not the certificate's),
// eif-signature (the certificate's text is too long); `internal`: eif-signing.
Result<Bytes> sign_pcr0(const Hash384& pcr0, const SigningIdentity& identity);

}  // namespace ben::eif
