// Curve: the only door to libsecp256k1. Keys, BIP 32 and BIP 341 tweaks, ECDSA and BIP 340 signatures.
#pragma once

#include <secp256k1.h>

#include "base/owned.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/hash.hpp"

namespace ben::bitcoin {

using CompressedKey = ByteArray<33>;     // 02 or 03, then X (SEC 1)
using XOnlyKey = ByteArray<32>;          // BIP 340
using SchnorrSignature = ByteArray<64>;  // BIP 340

// A point that is on the curve and not infinity, and its bytes. Only a Curve makes one that means anything.
struct PublicKey {
  secp256k1_pubkey point;
  CompressedKey encoded;
};

// A scalar in 1..n-1. Wiped, and never copied.
class PrivateKey {
 public:
  [[nodiscard]] const Secret<32>& scalar() const noexcept { return scalar_; }

 private:
  friend class Curve;
  explicit PrivateKey(Secret<32> scalar) noexcept : scalar_(std::move(scalar)) {}

  Secret<32> scalar_;
};

// Owns a libsecp256k1 context: made once, handed to who needs it. One thread at a time while it is made;
// const use is safe from any number of threads.
class Curve {
 public:
  // `blinding`: 32 random bytes, which protect secret scalars against side channels.
  explicit Curve(const Secret<32>& blinding) noexcept;

  // Fails with `malformed` (key-private) for a scalar of zero or of the group's order or more.
  Result<PrivateKey> to_private_key(Secret<32> scalar) const;
  [[nodiscard]] PublicKey public_key(const PrivateKey& key) const noexcept;
  // `point`: as libsecp256k1 made it.
  [[nodiscard]] PublicKey public_key(const secp256k1_pubkey& point) const noexcept;

  // key + tweak (BIP 32). Fails with `internal` (key-tweak) where the result is no key: for one tweak in
  // 2^127.
  Result<PrivateKey> add(const PrivateKey& key, std::span<const std::uint8_t, 32> tweak) const;

  // The private key of BIP 341's output key without scripts (BIP 86): of lift_x(x(P)) + H_TapTweak(x(P)) * G,
  // where P, `internal_key`, is the public half of `key`. Fails with `internal` (key-tweak).
  Result<PrivateKey> tweak_for_taproot(const PrivateKey& key, const PublicKey& internal_key) const;

  // ECDSA by RFC 6979, low S, and a low R by Bitcoin Core's way of grinding, verified with `key` before it is
  // released. DER, 71 bytes at most. Fails with `internal` (key-signature) if it does not verify.
  Result<Bytes> sign_ecdsa(const PrivateKey& private_key, const PublicKey& key, const Hash256& hash) const;
  // BIP 340 with the auxiliary bytes given, verified before it is released. Fails with `internal`
  // (key-signature) if the private key is not that of `x_only_key` or the signature does not verify.
  Result<SchnorrSignature> sign_schnorr(const PrivateKey& private_key, ByteView x_only_key,
                                        const Hash256& hash, const Hash256& auxiliary) const;

  // `der` may be empty, but as a view into something: libsecp256k1 ends the program at a null pointer.
  [[nodiscard]] bool verify_ecdsa(const PublicKey& key, const Hash256& hash, ByteView der) const noexcept;
  [[nodiscard]] bool verify_schnorr(ByteView x_only_key, ByteView message,
                                    const SchnorrSignature& signature) const noexcept;

 private:
  Owned<secp256k1_context, secp256k1_context_destroy> context_;
};

}  // namespace ben::bitcoin
