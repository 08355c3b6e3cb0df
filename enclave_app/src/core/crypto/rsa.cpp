#include "crypto/rsa.hpp"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace ben {
namespace {

using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

// OAEP with SHA-256 in both places; `start` begins encryption or decryption. Null when libcrypto refuses.
KeyContext start_oaep(const KeyHandle& key, int (*start)(EVP_PKEY_CTX*)) noexcept {
  KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
  const bool started = context != nullptr && start(context.get()) == 1 &&
                       EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
                       EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) == 1 &&
                       EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256()) == 1;
  if (!started) context.reset();
  return context;
}

Bytes encode_spki(EVP_PKEY* key) {
  Bytes der(static_cast<std::size_t>(std::max(0, i2d_PUBKEY(key, nullptr))));
  std::uint8_t* cursor = der.data();
  if (!der.empty()) (void)i2d_PUBKEY(key, &cursor);
  return der;
}

}  // namespace

Result<RsaPublicKey> RsaPublicKey::parse(ByteView spki_der) {
  constexpr Error bad_key =
      malformed("config-kms-key",
                "config: kms.public_key is not an RSA_3072 or RSA_4096 SubjectPublicKeyInfo: "
                "create a KMS key with key spec RSA_3072 and usage ENCRYPT_DECRYPT");
  constexpr std::size_t spki_bytes_max = 1024;  // RSA-4096 takes 550
  if (spki_der.empty() || spki_der.size() > spki_bytes_max) return bad_key;
  const std::uint8_t* cursor = spki_der.data();
  KeyHandle key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(spki_der.size())));
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return bad_key;
  if (!equal(encode_spki(key.get()), spki_der)) return bad_key;  // one spelling: DER, and nothing after it
  const int bits = EVP_PKEY_get_bits(key.get());
  std::size_t exponent = 0;  // stays so where the exponent is larger
  (void)EVP_PKEY_get_size_t_param(key.get(), OSSL_PKEY_PARAM_RSA_E, &exponent);
  if ((bits != 3072 && bits != 4096) || exponent != RSA_F4) return bad_key;
  return RsaPublicKey(std::move(key));
}

Result<Bytes> RsaPublicKey::encrypt_oaep(ByteView plaintext) const {
  const KeyContext context = start_oaep(key_, EVP_PKEY_encrypt_init);
  Bytes ciphertext(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
  std::size_t size = ciphertext.size();
  if (context == nullptr ||
      EVP_PKEY_encrypt(context.get(), ciphertext.data(), &size, plaintext.data(), plaintext.size()) != 1 ||
      size != ciphertext.size())
    return internal("seal-wrap", "seal: RSA-OAEP encryption failed");
  return ciphertext;
}

Result<RsaRecipientKey> RsaRecipientKey::generate() {
  KeyHandle key(EVP_RSA_gen(2048));
  Bytes spki_der = encode_spki(key.get());
  if (spki_der.empty()) return internal("kms-recipient-key", "kms: cannot make an RSA key");
  return RsaRecipientKey(std::move(key), std::move(spki_der));
}

bool RsaRecipientKey::decrypt_oaep(ByteView ciphertext, Secret<32>& out) const noexcept {
  const KeyContext context = start_oaep(key_, EVP_PKEY_decrypt_init);
  Secret<256> plaintext;
  std::size_t size = plaintext.expose().size();
  const bool opened = context != nullptr &&
                      EVP_PKEY_decrypt(context.get(), plaintext.expose_mutable().data(), &size,
                                       ciphertext.data(), ciphertext.size()) == 1 &&
                      size == 32;
  if (opened) out = Secret<32>(plaintext.expose().first<32>());
  return opened;
}

}  // namespace ben
