#include "crypto/cbc.hpp"

#include <cstdlib>

#include <openssl/evp.h>

namespace ben {

WipedBytes aes256_cbc_decrypt(const Secret<32>& key, const ByteArray<16>& iv, ByteView ciphertext) noexcept {
  WipedBytes plaintext(ciphertext.size());
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  int written = 0;
  const bool done =
      context != nullptr &&
      EVP_DecryptInit_ex(context, EVP_aes_256_cbc(), nullptr, key.expose().data(), iv.data()) == 1 &&
      EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
      EVP_DecryptUpdate(context, plaintext.expose_mutable().data(), &written, ciphertext.data(),
                        static_cast<int>(ciphertext.size())) == 1 &&
      static_cast<std::size_t>(written) == ciphertext.size();
  EVP_CIPHER_CTX_free(context);
  if (!done) std::abort();
  return plaintext;
}

}  // namespace ben
