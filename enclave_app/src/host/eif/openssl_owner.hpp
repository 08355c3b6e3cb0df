// Owners of libcrypto's objects, and the bytes that its encoders give.
#pragma once

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/bytes.hpp"
#include "base/owned.hpp"

namespace ben::eif::openssl {

using Certificate = Owned<X509, X509_free>;
using Bio = Owned<BIO, BIO_free_all>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcdsaSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

// What `encode` (an i2d function) makes of `object`; empty when it fails.
template <auto encode, typename T>
Bytes to_der(T* object) {
  std::uint8_t* der = nullptr;
  const int size = encode(object, &der);
  if (size <= 0) return {};
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

}  // namespace ben::eif::openssl
