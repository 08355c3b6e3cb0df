#include "attestation/refusal.hpp"

#include <array>

namespace ben::attestation {
namespace {

struct Entry {
  Refusal refusal;
  Error error;
};

consteval Entry malformed(Refusal refusal, StaticText tag, StaticText reason) {
  return {refusal, {ErrorCode::malformed, tag, reason}};
}
consteval Entry refused(Refusal refusal, StaticText tag, StaticText reason) {
  return {refusal, {ErrorCode::refused, tag, reason}};
}

// In the order of the enumeration.
constexpr std::array<Entry, refusal_count> entries{
    malformed(Refusal::size, "attest-size", "attestation: the document is empty or too large"),
    malformed(Refusal::tagged, "attest-tagged",
              "attestation: the COSE_Sign1 has a CBOR tag, an NSM's has none"),
    malformed(Refusal::cose, "attest-cose",
              "attestation: this is not exactly one COSE_Sign1 as an NSM writes it"),
    refused(Refusal::algorithm, "attest-algorithm", "attestation: the protected header is not {alg: ES384}"),
    refused(Refusal::unprotected, "attest-unprotected", "attestation: the unprotected header is not empty"),
    malformed(Refusal::signature_form, "attest-signature-form",
              "attestation: the signature is not r and s of 48 bytes, each between 1 and the order of P-384"),
    refused(Refusal::signature, "attest-signature",
            "attestation: the signature is not by the document's certificate"),
    malformed(Refusal::payload, "attest-payload",
              "attestation: the payload is not one CBOR map of named fields"),
    malformed(Refusal::unknown_field, "attest-unknown-field",
              "attestation: the payload has an unknown field"),
    malformed(Refusal::duplicate_field, "attest-duplicate-field",
              "attestation: the payload has a field twice"),
    malformed(Refusal::missing_field, "attest-missing-field", "attestation: the payload lacks a field"),
    refused(Refusal::nitrotpm, "attest-nitrotpm", "attestation: this is of a NitroTPM, not of an enclave"),
    malformed(Refusal::module_id, "attest-module-id",
              "attestation: module_id is not 1 to 256 printable characters"),
    malformed(Refusal::digest, "attest-digest", "attestation: digest is not SHA384"),
    malformed(Refusal::timestamp, "attest-timestamp", "attestation: timestamp is no time in milliseconds"),
    malformed(
        Refusal::pcrs, "attest-pcrs",
        "attestation: pcrs is not a map of distinct indices below 32, with 0, 1 and 2, to 48 bytes each"),
    malformed(Refusal::certificate_field, "attest-certificate-field",
              "attestation: certificate is not a byte string of 1 to 1024 bytes"),
    malformed(Refusal::cabundle, "attest-cabundle",
              "attestation: cabundle is not 1 to 8 byte strings of 1 to 1024 bytes"),
    malformed(Refusal::public_key, "attest-public-key",
              "attestation: public_key is not null or 1 to 1024 bytes"),
    malformed(Refusal::user_data, "attest-user-data",
              "attestation: user_data is not null or up to 1024 bytes"),
    malformed(Refusal::nonce, "attest-nonce", "attestation: nonce is not null or up to 1024 bytes"),
    refused(Refusal::root, "attest-root", "attestation: the chain does not begin with the pinned root"),
    malformed(Refusal::root_form, "attest-root-form",
              "attestation: the pinned root is no P-384 CA certificate"),
    malformed(Refusal::certificate, "attest-certificate",
              "attestation: a certificate is not strict DER of X.509 v3"),
    refused(Refusal::certificate_algorithm, "attest-certificate-algorithm",
            "attestation: a certificate is not P-384 signed with ECDSA and SHA-384"),
    refused(Refusal::critical_extension, "attest-critical-extension",
            "attestation: a certificate has an unknown critical extension"),
    refused(Refusal::extended_key_usage, "attest-extended-key-usage",
            "attestation: a certificate is for some extended key usage"),
    refused(Refusal::chain_name, "attest-chain-name",
            "attestation: a certificate's issuer is not the one before it"),
    refused(Refusal::chain_signature, "attest-chain-signature",
            "attestation: a certificate is not signed by the one before it"),
    refused(Refusal::not_ca, "attest-not-ca", "attestation: an issuer's certificate is not one of a CA"),
    refused(Refusal::ca_key_usage, "attest-ca-key-usage",
            "attestation: an issuer's key is not for certificates"),
    refused(Refusal::path_length, "attest-path-length",
            "attestation: the chain is longer than an issuer allows"),
    refused(Refusal::leaf_constraints, "attest-leaf-constraints",
            "attestation: the document's certificate does not say that it is not a CA"),
    refused(Refusal::leaf_key_usage, "attest-leaf-key-usage",
            "attestation: the document's certificate is not for signatures alone"),
    refused(Refusal::leaf_name, "attest-leaf-name",
            "attestation: the document's certificate is not named after its module_id"),
    refused(Refusal::not_yet_valid, "attest-not-yet-valid", "attestation: a certificate is not valid yet"),
    refused(Refusal::expired, "attest-expired", "attestation: a certificate has expired"),
    refused(Refusal::timestamp_outside, "attest-timestamp-outside",
            "attestation: the document was not made while its certificates were valid"),
    refused(Refusal::future, "attest-future", "attestation: the document is from the future"),
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].refusal != static_cast<Refusal>(i)) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

Error to_error(Refusal refusal) noexcept { return entries[static_cast<std::size_t>(refusal)].error; }

}  // namespace ben::attestation
