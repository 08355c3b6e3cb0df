#include "eif/signature.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <optional>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cbor/reader.hpp"
#include "cbor/writer.hpp"

namespace ben::eif {
namespace {

template <auto free_function>
struct Free {
  template <typename T>
  void operator()(T* pointer) const noexcept {
    free_function(pointer);
  }
};
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

constexpr Error bad_section{ErrorCode::malformed, "eif-signature",
                            "image: the signature section is not of the form that AWS's builder writes"};
constexpr Error bad_certificate{ErrorCode::malformed, "eif-certificate",
                                "image: want one PEM certificate with an EC key on P-256, P-384 or P-521"};

// ---- the section ----

struct Parts {
  Bytes pem;
  Bytes cose;
};

Bytes take_integers(cbor::Reader& reader) {
  Bytes bytes;
  reader.open_array();
  while (reader.more()) {
    const std::uint64_t value = reader.unsigned_integer();
    if (value > 0xff) reader.fail();
    bytes.push_back(static_cast<std::uint8_t>(value));
  }
  return bytes;
}

void put_integers(cbor::Writer& writer, ByteView bytes) {
  writer.array(bytes.size());
  for (const std::uint8_t byte : bytes) writer.unsigned_integer(byte);
}

constexpr std::string_view certificate_key = "signing_certificate";
constexpr std::string_view signature_key = "signature";

Bytes encode_section(const Parts& parts) {
  cbor::Writer writer;
  writer.array(1).map(2).text(certificate_key);
  put_integers(writer, parts.pem);
  writer.text(signature_key);
  put_integers(writer, parts.cose);
  return writer.take();
}

// A section that differs from what its parts are written as has another form, whichever: it is refused.
std::optional<Parts> parse_section(ByteView section) {
  if (section.size() > signature_bytes_max) return std::nullopt;
  cbor::Reader reader(section);
  Parts parts;
  reader.open_array();
  static_cast<void>(reader.more());
  reader.open_map();
  static_cast<void>(reader.more());
  static_cast<void>(reader.text());
  parts.pem = take_integers(reader);
  static_cast<void>(reader.more());
  static_cast<void>(reader.text());
  parts.cose = take_integers(reader);
  if (!equal(encode_section(parts), section)) return std::nullopt;
  return parts;
}

// ---- the certificate ----

// The DER inside PEM text that holds one block and no other.
Certificate parse_pem(ByteView pem) {
  const std::string_view text = as_text(pem);
  constexpr std::string_view begin = "-----BEGIN ";
  const std::size_t first = text.find(begin);
  if (first == std::string_view::npos || text.find(begin, first + 1) != std::string_view::npos)
    return nullptr;

  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  char* name = nullptr;
  char* header = nullptr;
  std::uint8_t* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio.get(), &name, &header, &data, &size) != 1) return nullptr;
  const std::uint8_t* end = data;
  Certificate certificate;
  if (std::string_view(name) == PEM_STRING_X509) certificate.reset(d2i_X509(nullptr, &end, size));
  if (end != data + size) certificate.reset();
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return certificate;
}

std::string print_time(const ASN1_TIME* time) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (ASN1_TIME_print(bio.get(), time) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> to_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return timegm(&parts);
}

std::string long_name(const ASN1_OBJECT* object) {
  std::array<char, 80> text{};
  OBJ_obj2txt(text.data(), text.size(), object, 0);
  return text.data();
}

std::vector<std::pair<std::string, std::string>> issuer_of(const X509* certificate) {
  const X509_NAME* name = X509_get_issuer_name(certificate);
  std::vector<std::pair<std::string, std::string>> issuer;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    std::uint8_t* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    if (size < 0) continue;
    issuer.emplace_back(long_name(X509_NAME_ENTRY_get_object(entry)),
                        std::string(as_text({text, static_cast<std::size_t>(size)})));
    OPENSSL_free(text);
  }
  return issuer;
}

std::optional<SigningCertificate> describe(X509* certificate) {
  const auto not_before_s = to_seconds(X509_get0_notBefore(certificate));
  const auto not_after_s = to_seconds(X509_get0_notAfter(certificate));
  if (!not_before_s || !not_after_s) return std::nullopt;
  const ASN1_BIT_STRING* signature = nullptr;
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(&signature, &algorithm, certificate);
  const ASN1_OBJECT* algorithm_object = nullptr;
  X509_ALGOR_get0(&algorithm_object, nullptr, nullptr, algorithm);

  SigningCertificate description;
  description.issuer = issuer_of(certificate);
  description.algorithm = long_name(algorithm_object);
  description.not_before = print_time(X509_get0_notBefore(certificate));
  description.not_after = print_time(X509_get0_notAfter(certificate));
  description.not_before_s = *not_before_s;
  description.not_after_s = *not_after_s;
  description.signature = {signature->data, signature->data + signature->length};
  std::uint8_t* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return std::nullopt;
  description.der = {der, der + size};
  OPENSSL_free(der);
  return description;
}

// ---- the signature ----

// What a curve decides (RFC 9053 section 2.1; AWS pairs each curve with one hash).
struct Algorithm {
  int curve;
  const EVP_MD* (*hash)();
  ByteArray<3> cose_value;  // the algorithm's number in CBOR, of cose_value_bytes bytes
  std::size_t cose_value_bytes;
  std::size_t half_bytes;  // of r, and of s
};
constexpr std::array algorithms{Algorithm{NID_X9_62_prime256v1, EVP_sha256, {0x26}, 1, 32},  // ES256, -7
                                Algorithm{NID_secp384r1, EVP_sha384, {0x38, 0x22}, 2, 48},   // ES384, -35
                                Algorithm{NID_secp521r1, EVP_sha512, {0x38, 0x23}, 2, 66}};  // ES512, -36

const Algorithm* algorithm_of(const EVP_PKEY* key) {
  std::array<char, 32> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return nullptr;
  const int curve = OBJ_txt2nid(group.data());
  for (const Algorithm& algorithm : algorithms) {
    if (algorithm.curve == curve) return &algorithm;
  }
  return nullptr;
}

// {1: algorithm}
Bytes encode_protected(const Algorithm& algorithm) {
  Bytes bytes{0xa1, 0x01};
  for (std::size_t i = 0; i < algorithm.cose_value_bytes; ++i) bytes.push_back(algorithm.cose_value.at(i));
  return bytes;
}

Bytes encode_payload(const Hash384& pcr0) {
  cbor::Writer writer;
  writer.map(2).text("register_index").unsigned_integer(0).text("register_value");
  put_integers(writer, pcr0);
  return writer.take();
}

// r ‖ s as the DER that libcrypto verifies.
Bytes to_der(ByteView raw) {
  const std::size_t half = raw.size() / 2;
  const std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>> signature(ECDSA_SIG_new());
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(raw.data(), static_cast<int>(half), nullptr),
                 BN_bin2bn(raw.subspan(half).data(), static_cast<int>(half), nullptr));
  std::uint8_t* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  Bytes bytes(der, der + std::max(size, 0));
  OPENSSL_free(der);
  return bytes;
}

bool verify(EVP_PKEY* key, const EVP_MD* hash, ByteView message, ByteView raw_signature) {
  const std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  const Bytes der = to_der(raw_signature);
  return EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), der.data(), der.size(), message.data(), message.size()) == 1;
}

// The untagged COSE_Sign1 that the builder writes, but for its last bytes: those are the signature.
bool verify_cose(ByteView cose, EVP_PKEY* key, const Algorithm& algorithm, const Hash384& pcr0) {
  const std::size_t signature_bytes = 2 * algorithm.half_bytes;
  if (cose.size() < signature_bytes) return false;
  const ByteView signature = cose.last(signature_bytes);
  const Bytes protected_header = encode_protected(algorithm);
  const Bytes payload = encode_payload(pcr0);
  cbor::Writer expected;
  expected.array(4).bytes(protected_header).map(0).bytes(payload).bytes(signature);
  if (!equal(expected.take(), cose)) return false;
  cbor::Writer signed_bytes;  // Sig_structure, RFC 9052 section 4.4
  signed_bytes.array(4).text("Signature1").bytes(protected_header).bytes({}).bytes(payload);
  return verify(key, algorithm.hash(), signed_bytes.take(), signature);
}

}  // namespace

Result<SigningCertificate> verify_signature(ByteView section, const Hash384& pcr0) {
  const auto parts = parse_section(section);
  if (!parts) return bad_section;
  const Certificate certificate = parse_pem(parts->pem);
  if (certificate == nullptr) return bad_certificate;
  const Key key(X509_get_pubkey(certificate.get()));
  const Algorithm* algorithm = key == nullptr ? nullptr : algorithm_of(key.get());
  if (algorithm == nullptr) return bad_certificate;
  auto description = describe(certificate.get());
  if (!description) return bad_certificate;
  if (!verify_cose(parts->cose, key.get(), *algorithm, pcr0)) {
    return Error{ErrorCode::refused, "eif-signature-pcr0",
                 "image: the signature is not one of this certificate's key over this image's PCR0"};
  }
  return *std::move(description);
}

}  // namespace ben::eif
