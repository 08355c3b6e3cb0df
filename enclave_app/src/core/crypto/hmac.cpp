#include "crypto/hmac.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

#include "base/owned.hpp"

namespace ben {

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
