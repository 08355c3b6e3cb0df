// Derivation from public keys alone (BIP 32, BIP 341): the scripts of a wallet, for who holds none of its
// secrets.
#pragma once

#include "bitcoin/account.hpp"

namespace ben::watch {

// Fails with `malformed` (key-public) on another size or a point that is not on the curve.
Result<bitcoin::PublicKey> parse_public_key(const bitcoin::Curve& curve, ByteView compressed);

// CKDpub. Fails with `refused` (key-depth, key-hardened) below depth 255 and for a hardened index, and with
// `internal` (key-tweak) for one index in 2^127.
Result<bitcoin::ExtendedPublicKey> derive_child(const bitcoin::Curve& curve,
                                                const bitcoin::ExtendedPublicKey& parent,
                                                std::uint32_t index);

// The output key of BIP 341: lift_x(x(key)) + H_TapTweak(x(key) || merkle_root) * G. `merkle_root`: 32 bytes,
// or none where there are no scripts (BIP 86). Fails with `internal` (key-tweak).
Result<bitcoin::XOnlyKey> tweak_for_taproot(const bitcoin::Curve& curve,
                                            const bitcoin::PublicKey& internal_key,
                                            ByteView merkle_root = {});

// Fails with `refused` (key-hardened) for an index of 2^31 or more.
Result<bitcoin::DerivedScript> derive_script(const bitcoin::Curve& curve, const bitcoin::Account& account,
                                             bitcoin::Branch branch, std::uint32_t index);

// For a review; curve and accounts have to outlive it.
[[nodiscard]] bitcoin::OwnKeys own_keys(const bitcoin::Curve& curve,
                                        std::span<const bitcoin::Account> accounts);

}  // namespace ben::watch
