// The functions with a context of their own need no allocation and cannot fail, and take half the time
// of EVP_Digest; OpenSSL 3 calls them deprecated (docs/decisions/0003-libcrypto.md).
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hash.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/ripemd.h>

#include "base/owned.hpp"

namespace ben {

Sha256::Sha256() noexcept { SHA256_Init(&context_); }

Sha256& Sha256::update(ByteView bytes) noexcept {
  SHA256_Update(&context_, bytes.data(), bytes.size());
  return *this;
}

Hash256 Sha256::finish() noexcept {
  Hash256 hash{};
  SHA256_Final(hash.data(), &context_);
  return hash;
}

Hash256 sha256(ByteView bytes) noexcept { return Sha256().update(bytes).finish(); }

Hash256 sha256(std::initializer_list<ByteView> parts) noexcept {
  Sha256 hasher;
  for (const ByteView part : parts) hasher.update(part);
  return hasher.finish();
}

Hash256 sha256d(ByteView bytes) noexcept { return sha256(ByteView(sha256(bytes))); }

Hash384 sha384(std::initializer_list<ByteView> parts) noexcept {
  SHA512_CTX context;
  SHA384_Init(&context);
  for (const ByteView part : parts) SHA384_Update(&context, part.data(), part.size());
  Hash384 hash{};
  SHA384_Final(hash.data(), &context);
  return hash;
}

Hash512 sha512(std::initializer_list<ByteView> parts) noexcept {
  SHA512_CTX context;
  SHA512_Init(&context);
  for (const ByteView part : parts) SHA512_Update(&context, part.data(), part.size());
  Hash512 hash{};
  SHA512_Final(hash.data(), &context);
  return hash;
}

Hash160 hash160(ByteView bytes) noexcept {
  Hash160 hash{};
  RIPEMD160(sha256(bytes).data(), sizeof(Hash256), hash.data());
  return hash;
}

Sha256 tagged_sha256(std::string_view tag) noexcept {
  const Hash256 tag_hash = sha256(as_bytes(tag));
  return Sha256().update(tag_hash).update(tag_hash);
}

Secret<64> hmac_sha512(ByteView key, ByteView message) noexcept {
  Secret<64> mac;
  unsigned size = 0;
  const auto* done = HMAC(EVP_sha512(), key.data(), static_cast<int>(key.size()), message.data(),
                          message.size(), mac.expose_mutable().data(), &size);
  if (done == nullptr || size != 64) std::abort();
  return mac;
}

void hkdf_sha256_into(ByteView key_material, ByteView salt, std::string_view info,
                      std::span<std::uint8_t> out) noexcept {
  const auto size = [](const auto& view) { return static_cast<int>(view.size()); };
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
  std::size_t written = out.size();
  const bool done =
      context != nullptr && EVP_PKEY_derive_init(context.get()) == 1 &&
      EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) == 1 &&
      EVP_PKEY_CTX_set1_hkdf_key(context.get(), key_material.data(), size(key_material)) == 1 &&
      (salt.empty() || EVP_PKEY_CTX_set1_hkdf_salt(context.get(), salt.data(), size(salt)) == 1) &&
      (info.empty() || EVP_PKEY_CTX_add1_hkdf_info(context.get(), as_bytes(info).data(), size(info)) == 1) &&
      EVP_PKEY_derive(context.get(), out.data(), &written) == 1 && written == out.size();
  if (!done) std::abort();
}

}  // namespace ben
