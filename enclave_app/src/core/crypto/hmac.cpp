#include "crypto/hmac.hpp"

#include <cstdlib>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

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
  // OpenSSL's parameters are not const although they are only read.
  const auto octets = [](const char* name, ByteView view) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(view.data()), view.size());
  };
  char digest[] = "SHA256";
  OSSL_PARAM parameters[5];
  std::size_t count = 0;
  parameters[count++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
  parameters[count++] = octets(OSSL_KDF_PARAM_KEY, key_material);
  if (!salt.empty()) parameters[count++] = octets(OSSL_KDF_PARAM_SALT, salt);
  if (!info.empty()) parameters[count++] = octets(OSSL_KDF_PARAM_INFO, as_bytes(info));
  parameters[count] = OSSL_PARAM_construct_end();

  const Owned<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const Owned<EVP_KDF_CTX, EVP_KDF_CTX_free> context(EVP_KDF_CTX_new(kdf.get()));
  if (context == nullptr || EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) != 1)
    std::abort();
}

}  // namespace ben
