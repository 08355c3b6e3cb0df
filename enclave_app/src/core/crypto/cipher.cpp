#include "crypto/cipher.hpp"

#include <openssl/evp.h>

#include "base/owned.hpp"

namespace ben {
namespace {

using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
constexpr int tag_bytes = static_cast<int>(aead_tag_bytes);

enum class Direction : std::uint8_t { open = 0, seal = 1 };  // as EVP_CipherInit_ex has it

// `out`: as many bytes as `in`; `tag`: aead_tag_bytes, written by seal and compared by open.
bool chacha20_poly1305(Direction direction, const Secret<32>& key, const AeadNonce& nonce, ByteView aad,
                       ByteView in, std::uint8_t* out, std::uint8_t* tag) noexcept {
  const bool seals = direction == Direction::seal;
  const CipherContext context(EVP_CIPHER_CTX_new());
  int written = 0;
  return context != nullptr &&
         EVP_CipherInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr, key.expose().data(), nonce.data(),
                           static_cast<int>(direction)) == 1 &&
         EVP_CipherUpdate(context.get(), nullptr, &written, aad.data(), static_cast<int>(aad.size())) == 1 &&
         EVP_CipherUpdate(context.get(), out, &written, in.data(), static_cast<int>(in.size())) == 1 &&
         (seals || EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag) == 1) &&
         EVP_CipherFinal_ex(context.get(), out + written, &written) == 1 &&
         (!seals || EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag) == 1);
}

}  // namespace

Bytes aead_seal(const Secret<32>& key, const AeadNonce& nonce, ByteView aad, ByteView plaintext) noexcept {
  Bytes sealed(plaintext.size() + aead_tag_bytes);
  std::uint8_t* const tag = sealed.data() + plaintext.size();
  if (!chacha20_poly1305(Direction::seal, key, nonce, aad, plaintext, sealed.data(), tag)) std::abort();
  return sealed;
}

bool aead_open(const Secret<32>& key, const AeadNonce& nonce, ByteView aad, ByteView sealed,
               std::span<std::uint8_t> plaintext) noexcept {
  if (sealed.size() != plaintext.size() + aead_tag_bytes) return false;
  const ByteView ciphertext = sealed.first(plaintext.size());
  auto tag = to_array<aead_tag_bytes>(sealed.last(aead_tag_bytes));
  const bool opened =
      chacha20_poly1305(Direction::open, key, nonce, aad, ciphertext, plaintext.data(), tag.data());
  if (!opened) ::explicit_bzero(plaintext.data(), plaintext.size());
  return opened;
}

void aes256_cbc_decrypt(const Secret<32>& key, const ByteArray<16>& iv, ByteView ciphertext,
                        std::span<std::uint8_t> plaintext) noexcept {
  const CipherContext context(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool done =
      context != nullptr && plaintext.size() == ciphertext.size() &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, key.expose().data(), iv.data()) == 1 &&
      EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
      EVP_DecryptUpdate(context.get(), plaintext.data(), &written, ciphertext.data(),
                        static_cast<int>(ciphertext.size())) == 1 &&
      static_cast<std::size_t>(written) == ciphertext.size();
  if (!done) std::abort();
}

}  // namespace ben
