// Keys and self-signed certificates, made for one test.
#pragma once

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "eif/openssl_owner.hpp"
#include "eif/signature.hpp"

namespace ben::test {

using eif::openssl::Bio;
using eif::openssl::Certificate;
using eif::openssl::Key;

// `lasts_s`: from now on.
inline Certificate make_certificate(EVP_PKEY* key, long lasts_s = 3600) {
  Certificate certificate(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), lasts_s);
  X509_set_pubkey(certificate.get(), key);
  REQUIRE(X509_sign(certificate.get(), key, EVP_sha384()) > 0);
  return certificate;
}

template <auto write, typename... Arguments>
std::string pem_of(Arguments... arguments) {
  const Bio bio(BIO_new(BIO_s_mem()));
  REQUIRE(write(bio.get(), arguments...) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

inline std::string to_pem(X509* certificate) { return pem_of<PEM_write_bio_X509>(certificate); }

struct Signer {
  explicit Signer(const char* curve = "P-384") : key(EVP_EC_gen(curve)) {}

  [[nodiscard]] std::string key_pem() const {
    return pem_of<PEM_write_bio_PKCS8PrivateKey>(key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }
  [[nodiscard]] eif::SigningIdentity identity() const {
    return {.certificate = to_bytes(as_bytes(pem)), .key = to_bytes(as_bytes(key_pem()))};
  }

  Key key;
  Certificate certificate = make_certificate(key.get());
  std::string pem = to_pem(certificate.get());
};

}  // namespace ben::test
