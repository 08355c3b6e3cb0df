#include "eif/signature.hpp"

#include <openssl/pem.h>

#include "eif/signature_form.hpp"

namespace ben::eif {
namespace {

using namespace openssl;
using namespace signature_form;

// What of a certificate is used to sign and to verify.
struct Signer {
  Certificate certificate;
  Key key;  // public
  const Algorithm* algorithm;
};

Result<Signer> read_signer(ByteView pem) {
  auto certificate = parse_certificate(pem);
  if (!certificate) return certificate.error();
  Key key(X509_get_pubkey(certificate->get()));
  const Algorithm* algorithm = key == nullptr ? nullptr : algorithm_of(key.get());
  if (algorithm == nullptr) {
    return Error{ErrorCode::malformed, "eif-certificate-key",
                 "image: the certificate's key has to be on P-256, P-384 or P-521"};
  }
  return Signer{*std::move(certificate), std::move(key), algorithm};
}

// r ‖ s to the DER that libcrypto verifies.
Bytes raw_to_der(ByteView raw) {
  const int half = static_cast<int>(raw.size() / 2);
  const EcdsaSignature signature(ECDSA_SIG_new());
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(raw.data(), half, nullptr),
                 BN_bin2bn(raw.data() + half, half, nullptr));
  return to_der<i2d_ECDSA_SIG>(signature.get());
}

// And back; empty when it is no signature.
Bytes der_to_raw(ByteView der, std::size_t half_bytes) {
  const std::uint8_t* begin = der.data();
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size())));
  if (signature == nullptr) return {};
  Bytes raw(2 * half_bytes);
  const int half = static_cast<int>(half_bytes);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), half) != half) return {};
  if (BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + half, half) != half) return {};
  return raw;
}

bool verify(const Signer& signer, ByteView message, ByteView raw_signature) {
  if (raw_signature.size() != 2 * signer.algorithm->half_bytes) return false;
  const DigestContext context(EVP_MD_CTX_new());
  const Bytes der = raw_to_der(raw_signature);
  return EVP_DigestVerifyInit(context.get(), nullptr, signer.algorithm->hash(), nullptr, signer.key.get()) ==
             1 &&
         EVP_DigestVerify(context.get(), der.data(), der.size(), message.data(), message.size()) == 1;
}

// Empty when libcrypto fails.
Bytes sign(const Signer& signer, EVP_PKEY* key, ByteView message) {
  const DigestContext context(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, signer.algorithm->hash(), nullptr, key) != 1) return {};
  if (EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) != 1) return {};
  Bytes der(size);
  if (EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()) != 1) return {};
  der.resize(size);
  return der_to_raw(der, signer.algorithm->half_bytes);
}

int no_passphrase(char*, int, int, void*) {
  return -1;  // or libcrypto would ask on the terminal
}

Result<Key> read_private_key(ByteView pem, const Signer& signer) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) {
    return Error{ErrorCode::malformed, "eif-signing-key", "image: want a PEM private key without passphrase"};
  }
  if (EVP_PKEY_eq(key.get(), signer.key.get()) != 1) {
    return Error{ErrorCode::malformed, "eif-signing-key", "image: the private key is not the certificate's"};
  }
  return key;
}

}  // namespace

Result<SigningCertificate> verify_signature(ByteView section, const Hash384& pcr0) {
  const auto parts = parse_section(section);
  if (!parts) return parts.error();
  const auto signer = read_signer(parts->certificate);
  if (!signer) return signer.error();
  const auto cose = parse_cose(parts->cose);
  if (!cose) return cose.error();
  if (cose->protected_header != encode_protected_header(*signer->algorithm)) {
    return Error{ErrorCode::refused, "eif-signature-algorithm",
                 "image: the signature's algorithm is not that of the certificate's key"};
  }
  if (cose->payload != encode_payload(pcr0)) {
    return Error{ErrorCode::refused, "eif-signature-pcr0",
                 "image: the signature is not over register 0 with this image's PCR0"};
  }
  if (!verify(*signer, encode_signed_bytes(cose->protected_header, cose->payload), cose->signature)) {
    return Error{ErrorCode::refused, "eif-signature-value",
                 "image: the signature is not one of the certificate's key"};
  }
  return describe_certificate(signer->certificate.get());
}

Result<Bytes> sign_pcr0(const Hash384& pcr0, const SigningIdentity& identity) {
  const auto signer = read_signer(identity.certificate);
  if (!signer) return signer.error();
  const auto key = read_private_key(identity.key, *signer);
  if (!key) return key.error();
  Cose cose{.protected_header = encode_protected_header(*signer->algorithm),
            .payload = encode_payload(pcr0),
            .signature = {}};
  cose.signature = sign(*signer, key->get(), encode_signed_bytes(cose.protected_header, cose.payload));
  Bytes section = encode_section({.certificate = identity.certificate, .cose = encode_cose(cose)});
  // As a reader will judge it, before anybody gets it.
  const auto verified = verify_signature(section, pcr0);
  if (!verified && verified.error().code == ErrorCode::malformed) return verified.error();
  if (!verified) return Error{ErrorCode::internal, "eif-signing", "image: libcrypto made no signature"};
  return section;
}

}  // namespace ben::eif
