// Issues P-384 certificates from their parts. Any extension bytes can be given, so tests make broken ones
// too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct evp_pkey_st;

namespace ben::emulator {

// A P-384 signing key. Cannot be copied.
class SigningKey {
 public:
  static SigningKey generate();

  // PKCS#8 PEM. Fails with `malformed` (pki-key).
  static Result<SigningKey> parse_pem(std::string_view pem);
  [[nodiscard]] std::string encode_pem() const;

  [[nodiscard]] Bytes public_point() const;  // 97 bytes, uncompressed

  // ECDSA over SHA-384: as a DER SEQUENCE (X.509), and as r ‖ s of 48 bytes each (COSE).
  [[nodiscard]] Bytes sign_der(ByteView message) const;
  [[nodiscard]] ByteArray<96> sign_raw(ByteView message) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const noexcept;
  };
  explicit SigningKey(evp_pkey_st* key) noexcept : key_(key) {}

  std::unique_ptr<evp_pkey_st, Free> key_;
};

}  // namespace ben::emulator
