// RSAES-OAEP with SHA-256 and MGF1-SHA-256 (RFC 8017): sealing to a KMS key and opening its replies.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/key_handle.hpp"

namespace ben {

// A public RSA key of 3072 or 4096 bits: what KMS makes for ENCRYPT_DECRYPT.
class RsaPublicKey {
 public:
  // `spki_der`: one DER SubjectPublicKeyInfo (RFC 5280), as KMS GetPublicKey returns it.
  // Fails with `malformed` (config-kms-key) on anything else, other sizes and exponents below 65537 included.
  static Result<RsaPublicKey> parse(ByteView spki_der);

  // `plaintext`: up to 318 bytes (3072-bit key). 384 or 512 bytes of ciphertext.
  Result<Bytes> encrypt_oaep(ByteView plaintext) const;

 private:
  explicit RsaPublicKey(KeyHandle key) noexcept : key_(std::move(key)) {}
  KeyHandle key_;
};

// A fresh RSA-2048 key that receives one KMS reply. Making one takes 0.1 to 0.5 s.
class RsaRecipientKey {
 public:
  static Result<RsaRecipientKey> generate();

  // DER SubjectPublicKeyInfo, 294 bytes: goes into the attestation document as public_key.
  [[nodiscard]] const Bytes& spki_der() const noexcept { return spki_der_; }

  // Opens a 256-byte OAEP ciphertext that holds exactly 32 bytes. False, with `out` untouched, when it does
  // not. Callers must not let an observer tell the two apart.
  [[nodiscard]] bool decrypt_oaep(ByteView ciphertext, Secret<32>& out) const noexcept;

 private:
  RsaRecipientKey(KeyHandle key, Bytes spki_der) noexcept
      : key_(std::move(key)), spki_der_(std::move(spki_der)) {}
  KeyHandle key_;
  Bytes spki_der_;
};

}  // namespace ben
