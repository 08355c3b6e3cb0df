#include "watch/derivation.hpp"

#include <cstdlib>

#include "base/writer.hpp"
#include "crypto/hash.hpp"

namespace ben::watch {

using bitcoin::Account;
using bitcoin::Branch;
using bitcoin::Curve;
using bitcoin::DerivedScript;
using bitcoin::ExtendedPublicKey;
using bitcoin::PublicKey;
using bitcoin::XOnlyKey;

namespace {

Result<PublicKey> add(const Curve& curve, secp256k1_pubkey point, std::span<const std::uint8_t, 32> tweak) {
  if (secp256k1_ec_pubkey_tweak_add(secp256k1_context_static, &point, tweak.data()) != 1)
    return internal("key-tweak", "key: the tweak gives no key");
  return curve.public_key(point);
}

}  // namespace

Result<PublicKey> parse_public_key(const Curve& curve, ByteView compressed) {
  secp256k1_pubkey point{};
  if (compressed.size() != bitcoin::CompressedKey{}.size() ||
      secp256k1_ec_pubkey_parse(secp256k1_context_static, &point, compressed.data(), compressed.size()) != 1)
    return malformed("key-public", "key: not a compressed point of secp256k1");
  return curve.public_key(point);
}

Result<ExtendedPublicKey> derive_child(const Curve& curve, const ExtendedPublicKey& parent,
                                       std::uint32_t index) {
  if (parent.depth == 255) return refused("key-depth", "key: a path has at most 255 steps");
  if ((index & bitcoin::hardened) != 0)
    return refused("key-hardened", "key: a hardened child needs the private key");
  const Secret<64> seed =
      hmac_sha512(parent.chain_code, Writer().bytes(parent.key.encoded).u32_be(index).view());
  const auto key = add(curve, parent.key.point, seed.expose().first<32>());
  if (!key) return key.error();
  return ExtendedPublicKey{.depth = static_cast<std::uint8_t>(parent.depth + 1),
                           .parent = fingerprint_of(parent),
                           .child_number = index,
                           .chain_code = to_array<32>(seed.expose().last<32>()),
                           .key = *key};
}

Result<XOnlyKey> tweak_for_taproot(const Curve& curve, const PublicKey& internal_key, ByteView merkle_root) {
  const ByteView x = ByteView(internal_key.encoded).subspan(1);
  secp256k1_pubkey even = internal_key.point;
  const bool has_odd_y = internal_key.encoded[0] == 0x03;
  if (has_odd_y && secp256k1_ec_pubkey_negate(secp256k1_context_static, &even) != 1) std::abort();
  BEN_TRY(const auto output_key,
          add(curve, even, tagged_sha256("TapTweak").update(x).update(merkle_root).finish()));
  return to_array<32>(ByteView(output_key.encoded).subspan(1));
}

Result<DerivedScript> derive_script(const Curve& curve, const Account& account, Branch branch,
                                    std::uint32_t index) {
  const auto parent = derive_child(curve, account.key, static_cast<std::uint32_t>(branch));
  if (!parent) return parent.error();
  const auto child = derive_child(curve, *parent, index);
  if (!child) return child.error();
  DerivedScript derived{.key = child->key, .script = {}};
  if (account.id.purpose != bitcoin::Purpose::p2tr) {
    derived.script = bitcoin::make_script(account.id.purpose, child->key.encoded);
    return derived;
  }
  const auto output_key = tweak_for_taproot(curve, child->key);
  if (!output_key) return output_key.error();
  derived.script = bitcoin::make_script(account.id.purpose, *output_key);
  return derived;
}

bitcoin::OwnKeys own_keys(const Curve& curve, std::span<const Account> accounts) {
  return {accounts, [&curve, accounts](const bitcoin::KeyPath& path) {
            return derive_script(curve, accounts[path.account], path.branch, path.index);
          }};
}

}  // namespace ben::watch
