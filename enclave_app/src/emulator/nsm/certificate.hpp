// Issues P-384 certificates from their parts. Nothing is checked, so tests make broken ones with it too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct evp_pkey_st;

namespace ben::emulator {

// A P-384 signing key. Cannot be copied.
class SigningKey {
 public:
  static SigningKey generate();

  // PKCS#8 PEM. Fails with `malformed` (pki-key).
  static Result<SigningKey> parse_pem(std::string_view pem);
  [[nodiscard]] std::string encode_pem() const;

  [[nodiscard]] Bytes public_key_info() const;  // DER SubjectPublicKeyInfo, 120 bytes

  // ECDSA over SHA-384: as a DER SEQUENCE (X.509), and as r ‖ s of 48 bytes each (COSE).
  [[nodiscard]] Bytes sign_der(ByteView message) const;
  [[nodiscard]] ByteArray<96> sign_raw(ByteView message) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const noexcept;
  };
  explicit SigningKey(evp_pkey_st* key) noexcept : key_(key) {}

  std::unique_ptr<evp_pkey_st, Free> key_;
};

// Attributes of a Name in their order: C, ST, L, O, OU, CN and their values.
using NameParts = std::vector<std::pair<std::string_view, std::string>>;
[[nodiscard]] Bytes encode_name(const NameParts& parts);

// DER of AlgorithmIdentifier {ecdsa-with-SHA384}.
[[nodiscard]] Bytes ecdsa_with_sha384();

struct CertificateParts {
  Bytes serial;  // big-endian
  Bytes issuer;  // DER of a Name, as is subject
  Bytes subject;
  std::uint64_t not_before_s;
  std::uint64_t not_after_s;
  Bytes public_key_info;          // DER
  std::vector<Bytes> extensions;  // DER of one Extension each
  Bytes algorithm = ecdsa_with_sha384();
};

// TBSCertificate, and the certificate around one.
[[nodiscard]] Bytes encode_signed_part(const CertificateParts& parts);
[[nodiscard]] Bytes sign_certificate(ByteView signed_part, ByteView algorithm, const SigningKey& issuer_key);
[[nodiscard]] Bytes issue_certificate(const CertificateParts& parts, const SigningKey& issuer_key);

// Extensions (RFC 5280 section 4.2.1).
inline constexpr std::string_view id_basic_constraints = "\x55\x1d\x13";
inline constexpr std::string_view id_key_usage = "\x55\x1d\x0f";
[[nodiscard]] Bytes encode_extension(std::string_view id, bool is_critical, ByteView value);
[[nodiscard]] Bytes basic_constraints(bool is_ca, std::optional<std::uint8_t> path_length);  // critical
// `bits`: the first byte of the bit string, not 0: 0x80 digitalSignature, 0x40 nonRepudiation, 0x20
// keyEncipherment, 0x04 keyCertSign, 0x02 cRLSign.
[[nodiscard]] Bytes key_usage(std::uint8_t bits, bool is_critical);
[[nodiscard]] Bytes subject_key_identifier(const SigningKey& key);
[[nodiscard]] Bytes authority_key_identifier(const SigningKey& issuer_key);
[[nodiscard]] Bytes crl_distribution_point(std::string_view url);

}  // namespace ben::emulator
