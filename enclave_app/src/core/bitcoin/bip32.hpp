// Hierarchical deterministic keys (BIP 32).
#pragma once

#include "bitcoin/curve.hpp"
#include "bitcoin/network.hpp"

namespace ben::bitcoin {

using Fingerprint = ByteArray<4>;  // first bytes of HASH160 of a compressed key

inline constexpr std::uint32_t hardened = 0x80000000U;

struct ExtendedPublicKey {
  std::uint8_t depth = 0;
  Fingerprint parent{};
  std::uint32_t child_number = 0;
  Hash256 chain_code{};
  PublicKey key;
};

struct ExtendedPrivateKey {
  PrivateKey key;
  ExtendedPublicKey public_half;
};

[[nodiscard]] Fingerprint fingerprint_of(const ExtendedPublicKey& key) noexcept;

// The master key of a seed of 16 to 64 bytes. Fails with `malformed` (key-seed) for another size, and with
// `malformed` (key-private) for one seed in 2^127.
Result<ExtendedPrivateKey> derive_master(const Curve& curve, ByteView seed);

// CKDpriv. `index` with the `hardened` bit derives from the private key.
// Fails with `refused` (key-depth) below depth 255 and with `internal` (key-tweak) for one index in 2^127.
Result<ExtendedPrivateKey> derive_child(const Curve& curve, const ExtendedPrivateKey& parent,
                                        std::uint32_t index);
// The key alone of a child that is not hardened: what a signer and an address need, without a k*G. Fails as
// above, and with `refused` (key-hardened) for a hardened index.
Result<PrivateKey> derive_child_key(const Curve& curve, const ExtendedPrivateKey& parent,
                                    std::uint32_t index);

[[nodiscard]] std::string encode_xpub(Network network, const ExtendedPublicKey& key);

}  // namespace ben::bitcoin
