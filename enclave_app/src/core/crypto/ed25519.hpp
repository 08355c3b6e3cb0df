// Ed25519 signatures (RFC 8032).
#pragma once

#include "base/secret.hpp"
#include "crypto/key_handle.hpp"

namespace ben {

using Ed25519PublicKey = ByteArray<32>;
using Ed25519Signature = ByteArray<64>;

[[nodiscard]] bool ed25519_verify(const Ed25519PublicKey& key, ByteView message,
                                  const Ed25519Signature& signature) noexcept;

// A signing key. Cannot be copied.
class Ed25519Key {
 public:
  // `seed`: the 32-byte private key of RFC 8032, from a random source.
  explicit Ed25519Key(const Secret<32>& seed) noexcept;

  [[nodiscard]] const Ed25519PublicKey& public_key() const noexcept { return public_key_; }
  [[nodiscard]] Ed25519Signature sign(ByteView message) const noexcept;

 private:
  KeyHandle key_;
  Ed25519PublicKey public_key_{};
};

}  // namespace ben
