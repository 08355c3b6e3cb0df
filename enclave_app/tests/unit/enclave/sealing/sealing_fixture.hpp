// What the tests of this folder share: keys, a random source that can be foreseen, and a sealed seed.
#pragma once

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/rsa.hpp"
#include "sealing/sealed_seed.hpp"

namespace ben::test {

// Counts up, so that no two draws are the same.
class CountingRandom {
 public:
  Secret<64> draw() {
    Secret<64> bytes;
    for (std::uint8_t& byte : bytes.expose_mutable()) byte = static_cast<std::uint8_t>(next_++ * 167U >> 3U);
    return bytes;
  }

 private:
  std::uint32_t next_ = 1;
};

// The private half of the pinned wrapping key: what only KMS has.
class KmsKey {
 public:
  explicit KmsKey(unsigned bits = 3072) : key_(EVP_RSA_gen(bits)) {}

  [[nodiscard]] RsaPublicKey public_key() const { return *RsaPublicKey::parse(spki()); }

  [[nodiscard]] Bytes spki() const {
    std::uint8_t* der = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &der);
    Bytes bytes(der, der + size);
    OPENSSL_free(der);
    return bytes;
  }

  // What KMS Decrypt computes; empty when it fails.
  [[nodiscard]] Bytes decrypt(ByteView wrapped) const {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key_.get(), nullptr);
    Bytes plaintext(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
    std::size_t size = plaintext.size();
    const bool done = EVP_PKEY_decrypt_init(context) == 1 &&
                      EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
                      EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
                      EVP_PKEY_decrypt(context, plaintext.data(), &size, wrapped.data(), wrapped.size()) == 1;
    EVP_PKEY_CTX_free(context);
    plaintext.resize(done ? size : 0);
    return plaintext;
  }

 private:
  KeyHandle key_;
};

// Made once for each test program: keys cost 0.2 to 2 s.
inline const KmsKey& kms_key() {
  static const KmsKey key;
  return key;
}
inline const RsaRecipientKey& recipient_key() {
  static const RsaRecipientKey key = *RsaRecipientKey::generate();
  return key;
}

inline SealedSeedHeader sealer() {
  SealedSeedHeader header;
  header.wallet_id.fill(0x11);
  header.config_hash.fill(0x22);
  for (std::uint8_t i = 0; i < 3; ++i) header.image[i].fill(static_cast<std::uint8_t>(0x30 + i));
  return header;
}

inline WalletSeed wallet_seed() {
  ByteArray<32> bytes{};
  bytes.fill(0x5e);
  return WalletSeed(bytes);
}

inline Bytes sealed_blob(CountingRandom& random) {
  return *seal_seed(wallet_seed(), sealer(), kms_key().public_key(), random.draw());
}

inline WrapPayload to_payload(ByteView bytes) { return WrapPayload(bytes.first<wrap_payload_bytes>()); }

}  // namespace ben::test
