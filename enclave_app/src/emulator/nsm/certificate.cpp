#include "nsm/certificate.hpp"

#include <array>
#include <bit>
#include <cstdlib>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/hash.hpp"
#include "nsm/der.hpp"

namespace ben::emulator {
namespace {

struct Free {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const noexcept { ECDSA_SIG_free(signature); }
};

// This is a development tool: what only fails without memory ends the program.
void require(bool holds) {
  if (!holds) std::abort();
}

// The attribute types of RFC 5280 appendix A.1, contents of their object identifiers.
std::string_view attribute_id(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> ids[] = {
      {"CN", "\x55\x04\x03"}, {"C", "\x55\x04\x06"}, {"L", "\x55\x04\x07"},
      {"ST", "\x55\x04\x08"}, {"O", "\x55\x04\x0a"}, {"OU", "\x55\x04\x0b"},
  };
  for (const auto& [known, id] : ids) {
    if (known == name) return id;
  }
  std::abort();
}

// The key's BIT STRING, hashed: method 1 of RFC 7093.
ByteArray<20> key_identifier(const SigningKey& key) {
  constexpr std::size_t point_bytes = 97;
  const Bytes info = key.public_key_info();
  return to_array<20>(ByteView(sha256(ByteView(info).last(point_bytes))).first(20));
}

Bytes object_identifier(std::string_view contents) { return der_element(0x06, {as_bytes(contents)}); }

}  // namespace

void SigningKey::Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

SigningKey SigningKey::generate() {
  EVP_PKEY* key = EVP_EC_gen("P-384");
  require(key != nullptr);
  return SigningKey(key);
}

Result<SigningKey> SigningKey::parse_pem(std::string_view pem) {
  const std::unique_ptr<BIO, ben::emulator::Free> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  require(bio != nullptr);
  SigningKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  constexpr std::size_t p384_info_bytes = 120;
  if (key.key_ == nullptr || EVP_PKEY_get_base_id(key.key_.get()) != EVP_PKEY_EC ||
      key.public_key_info().size() != p384_info_bytes) {
    return Error{ErrorCode::malformed, "pki-key", "pki: root.key is not a P-384 key in PKCS#8 PEM"};
  }
  return key;
}

std::string SigningKey::encode_pem() const {
  const std::unique_ptr<BIO, ben::emulator::Free> bio(BIO_new(BIO_s_mem()));
  require(bio != nullptr &&
          PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Bytes SigningKey::public_key_info() const {
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  require(size > 0);
  Bytes info(der, der + size);
  OPENSSL_free(der);
  return info;
}

Bytes SigningKey::sign_der(ByteView message) const {
  const std::unique_ptr<EVP_MD_CTX, ben::emulator::Free> context(EVP_MD_CTX_new());
  require(context != nullptr &&
          EVP_DigestSignInit(context.get(), nullptr, EVP_sha384(), nullptr, key_.get()) == 1);
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
  std::size_t size = signature.size();
  require(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1);
  signature.resize(size);
  return signature;
}

ByteArray<96> SigningKey::sign_raw(ByteView message) const {
  const Bytes der = sign_der(message);
  const std::uint8_t* cursor = der.data();
  const std::unique_ptr<ECDSA_SIG, ben::emulator::Free> signature(
      d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())));
  ByteArray<96> raw{};
  require(signature != nullptr && BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), 48) == 48 &&
          BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + 48, 48) == 48);
  return raw;
}

Bytes encode_name(const NameParts& parts) {
  constexpr std::uint8_t utf8_string = 0x0c;
  constexpr std::uint8_t printable_string = 0x13;  // of a country
  Bytes sets;
  for (const auto& [name, value] : parts) {
    const Bytes text = der_element(name == "C" ? printable_string : utf8_string, {as_bytes(value)});
    const Bytes set = der_element(0x31, {der_sequence({object_identifier(attribute_id(name)), text})});
    sets.insert(sets.end(), set.begin(), set.end());
  }
  return der_sequence({sets});
}

Bytes ecdsa_with_sha384() { return der_sequence({object_identifier("\x2a\x86\x48\xce\x3d\x04\x03\x03")}); }

Bytes encode_signed_part(const CertificateParts& parts) {
  constexpr ByteArray<1> version_3{2};
  Bytes extensions;
  for (const Bytes& extension : parts.extensions)
    extensions.insert(extensions.end(), extension.begin(), extension.end());
  return der_sequence({der_element(0xa0, {der_unsigned_integer(version_3)}),
                       der_unsigned_integer(parts.serial), parts.algorithm, parts.issuer,
                       der_sequence({der_time(parts.not_before_s), der_time(parts.not_after_s)}),
                       parts.subject, parts.public_key_info,
                       der_element(0xa3, {der_sequence({extensions})})});
}

Bytes sign_certificate(ByteView signed_part, ByteView algorithm, const SigningKey& issuer_key) {
  constexpr ByteArray<1> no_unused_bits{0};
  return der_sequence(
      {signed_part, algorithm, der_element(0x03, {no_unused_bits, issuer_key.sign_der(signed_part)})});
}

Bytes issue_certificate(const CertificateParts& parts, const SigningKey& issuer_key) {
  return sign_certificate(encode_signed_part(parts), parts.algorithm, issuer_key);
}

Bytes encode_extension(std::string_view id, bool is_critical, ByteView value) {
  constexpr ByteArray<1> is_true{0xff};
  const Bytes critical = is_critical ? der_element(0x01, {is_true}) : Bytes{};
  return der_sequence({object_identifier(id), critical, der_element(0x04, {value})});
}

Bytes basic_constraints(bool is_ca, std::optional<std::uint8_t> path_length) {
  constexpr ByteArray<1> is_true{0xff};
  const Bytes ca = is_ca ? der_element(0x01, {is_true}) : Bytes{};
  const Bytes length = path_length ? der_unsigned_integer(ByteArray<1>{*path_length}) : Bytes{};
  return encode_extension(id_basic_constraints, true, der_sequence({ca, length}));
}

Bytes key_usage(std::uint8_t bits, bool is_critical) {
  const ByteArray<2> contents{static_cast<std::uint8_t>(std::countr_zero(bits)), bits};
  return encode_extension(id_key_usage, is_critical, der_element(0x03, {contents}));
}

Bytes subject_key_identifier(const SigningKey& key) {
  return encode_extension("\x55\x1d\x0e", false, der_element(0x04, {key_identifier(key)}));
}

Bytes authority_key_identifier(const SigningKey& issuer_key) {
  return encode_extension("\x55\x1d\x23", false,
                          der_sequence({der_element(0x80, {key_identifier(issuer_key)})}));
}

Bytes crl_distribution_point(std::string_view url) {
  const Bytes name = der_element(0xa0, {der_element(0xa0, {der_element(0x86, {as_bytes(url)})})});
  return encode_extension("\x55\x1d\x1f", false, der_sequence({der_sequence({name})}));
}

}  // namespace ben::emulator
