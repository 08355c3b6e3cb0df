#include "crypto/ed25519.hpp"

namespace ben {

using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

bool ed25519_verify(const Ed25519PublicKey& key, ByteView message,
                    const Ed25519Signature& signature) noexcept {
  const KeyHandle parsed(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const DigestContext context(EVP_MD_CTX_new());
  return parsed != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, parsed.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

Ed25519Key::Ed25519Key(const Secret<32>& seed) noexcept
    : key_(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.expose().data(), 32)) {
  std::size_t size = public_key_.size();
  if (key_ == nullptr || EVP_PKEY_get_raw_public_key(key_.get(), public_key_.data(), &size) != 1)
    std::abort();
}

Ed25519Signature Ed25519Key::sign(ByteView message) const noexcept {
  const DigestContext context(EVP_MD_CTX_new());
  Ed25519Signature signature{};
  std::size_t size = signature.size();
  const bool done =
      context != nullptr && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1;
  if (!done || size != signature.size()) std::abort();
  return signature;
}

}  // namespace ben
