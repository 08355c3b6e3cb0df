#include "bitcoin/bip32.hpp"

#include "base/writer.hpp"
#include "bitcoin/encoding.hpp"
#include "crypto/hash.hpp"

namespace ben::bitcoin {
namespace {

// HMAC-SHA512(chain code, key || index): 32 bytes of tweak, then the child's chain code. The key is the
// private one behind a zero byte for a hardened index, the public one for another.
Secret<64> child_seed(const ExtendedPrivateKey& parent, std::uint32_t index) {
  Secret<37> message;
  const auto out = message.expose_mutable();
  if ((index & hardened) != 0) {
    std::ranges::copy(parent.key.scalar().expose(), out.begin() + 1);
  } else {
    std::ranges::copy(parent.public_half.key.encoded, out.begin());
  }
  for (std::size_t i = 0; i < 4; ++i) out[33 + i] = static_cast<std::uint8_t>(index >> (24 - 8 * i));
  return hmac_sha512(parent.public_half.chain_code, message.expose());
}

}  // namespace

Fingerprint fingerprint_of(const ExtendedPublicKey& key) noexcept {
  return to_array<4>(ByteView(hash160(key.key.encoded)).first(4));
}

Result<ExtendedPrivateKey> derive_master(const Curve& curve, ByteView seed) {
  if (seed.size() < 16 || seed.size() > 64) return malformed("key-seed", "key: a seed has 16 to 64 bytes");
  const Secret<64> mac = hmac_sha512(as_bytes("Bitcoin seed"), seed);
  BEN_TRY(auto key, curve.to_private_key(Secret<32>(mac.expose().first<32>())));
  const ExtendedPublicKey half{.chain_code = to_array<32>(mac.expose().last<32>()),
                               .key = curve.public_key(key)};
  return ExtendedPrivateKey{.key = std::move(key), .public_half = half};
}

Result<ExtendedPrivateKey> derive_child(const Curve& curve, const ExtendedPrivateKey& parent,
                                        std::uint32_t index) {
  if (parent.public_half.depth == 255) return refused("key-depth", "key: a path has at most 255 steps");
  const Secret<64> seed = child_seed(parent, index);
  BEN_TRY(auto key, curve.add(parent.key, seed.expose().first<32>()));
  const ExtendedPublicKey half{.depth = static_cast<std::uint8_t>(parent.public_half.depth + 1),
                               .parent = fingerprint_of(parent.public_half),
                               .child_number = index,
                               .chain_code = to_array<32>(seed.expose().last<32>()),
                               .key = curve.public_key(key)};
  return ExtendedPrivateKey{.key = std::move(key), .public_half = half};
}

Result<PrivateKey> derive_child_key(const Curve& curve, const ExtendedPrivateKey& parent,
                                    std::uint32_t index) {
  if ((index & hardened) != 0)
    return refused("key-hardened", "key: the last step of an address is not hardened");
  return curve.add(parent.key, child_seed(parent, index).expose().first<32>());
}

std::string encode_xpub(Network network, const ExtendedPublicKey& key) {
  Writer writer;
  writer.u32_be(parameters_of(network).xpub_version).u8(key.depth).bytes(key.parent).u32_be(key.child_number);
  return encode_base58check(writer.bytes(key.chain_code).bytes(key.key.encoded).view());
}

}  // namespace ben::bitcoin
