#include "crypto/cipher.hpp"

#include <cstdlib>

#include <openssl/evp.h>

#include "base/owned.hpp"

namespace ben {

using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

Bytes aead_seal(const Secret<32>& key, const AeadNonce& nonce, ByteView aad, ByteView plaintext) noexcept {
  const CipherContext context(EVP_CIPHER_CTX_new());
  Bytes sealed(plaintext.size() + aead_tag_bytes);
  int written = 0;
  const bool done =
      context != nullptr &&
      EVP_EncryptInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr, key.expose().data(),
                         nonce.data()) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &written, aad.data(), static_cast<int>(aad.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), sealed.data(), &written, plaintext.data(),
                        static_cast<int>(plaintext.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), sealed.data() + written, &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(aead_tag_bytes),
                          sealed.data() + plaintext.size()) == 1;
  if (!done) std::abort();
  return sealed;
}

bool aead_open(const Secret<32>& key, const AeadNonce& nonce, ByteView aad, ByteView sealed,
               std::span<std::uint8_t> plaintext) noexcept {
  if (sealed.size() < aead_tag_bytes || plaintext.size() != sealed.size() - aead_tag_bytes) return false;
  const ByteView ciphertext = sealed.first(plaintext.size());
  auto tag = to_array<aead_tag_bytes>(sealed.last(aead_tag_bytes));
  const CipherContext context(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool opened =
      context != nullptr &&
      EVP_DecryptInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr, key.expose().data(),
                         nonce.data()) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &written, aad.data(), static_cast<int>(aad.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), plaintext.data(), &written, ciphertext.data(),
                        static_cast<int>(ciphertext.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(aead_tag_bytes),
                          tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), plaintext.data() + written, &written) == 1;
  if (!opened) ::explicit_bzero(plaintext.data(), plaintext.size());
  return opened;
}

WipedBytes aes256_cbc_decrypt(const Secret<32>& key, const ByteArray<16>& iv, ByteView ciphertext) noexcept {
  WipedBytes plaintext(ciphertext.size());
  const CipherContext context(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool done =
      context != nullptr &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, key.expose().data(), iv.data()) == 1 &&
      EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
      EVP_DecryptUpdate(context.get(), plaintext.expose_mutable().data(), &written, ciphertext.data(),
                        static_cast<int>(ciphertext.size())) == 1 &&
      static_cast<std::size_t>(written) == ciphertext.size();
  if (!done) std::abort();
  return plaintext;
}

}  // namespace ben
