#include "bitcoin/bip32.hpp"

#include "base/writer.hpp"
#include "bitcoin/base58.hpp"
#include "crypto/hmac.hpp"

namespace ben::bitcoin {
namespace {

constexpr Error is_hardened{ErrorCode::refused, "key-hardened",
                            "key: a hardened child needs the private key"};
constexpr Error too_deep{ErrorCode::refused, "key-depth", "key: a path has at most 255 steps"};

// HMAC-SHA512(chain code, key || index): 32 bytes of tweak, then the child's chain code.
Secret<64> child_seed(const Hash256& chain_code, std::span<const std::uint8_t, 33> key, std::uint32_t index) {
  Secret<37> message;
  const auto out = message.expose_mutable();
  for (std::size_t i = 0; i < key.size(); ++i) out[i] = key[i];
  for (std::size_t i = 0; i < 4; ++i) out[33 + i] = static_cast<std::uint8_t>(index >> (24 - 8 * i));
  return hmac_sha512(chain_code, message.expose());
}

Secret<64> child_seed(const ExtendedPublicKey& parent, std::uint32_t index) {
  return child_seed(parent.chain_code, parent.encoded_key, index);
}

Secret<64> child_seed(const ExtendedPrivateKey& parent, std::uint32_t index) {
  if ((index & hardened) == 0) return child_seed(parent.public_half, index);
  Secret<33> padded;
  const auto scalar = parent.key.scalar().expose();
  for (std::size_t i = 0; i < scalar.size(); ++i) padded.expose_mutable()[i + 1] = scalar[i];
  return child_seed(parent.public_half.chain_code, padded.expose(), index);
}

ExtendedPublicKey make_child(const Curve& curve, const ExtendedPublicKey& parent, std::uint32_t index,
                             const Secret<64>& seed, const PublicKey& key) {
  return {.depth = static_cast<std::uint8_t>(parent.depth + 1),
          .parent = fingerprint_of(parent),
          .child_number = index,
          .chain_code = to_array<32>(seed.expose().last<32>()),
          .key = key,
          .encoded_key = curve.encode(key)};
}

}  // namespace

Fingerprint fingerprint_of(const ExtendedPublicKey& key) noexcept {
  return to_array<4>(ByteView(hash160(key.encoded_key)).first(4));
}

Result<ExtendedPrivateKey> derive_master(const Curve& curve, ByteView seed) {
  if (seed.size() < bip32_seed_bytes_min || seed.size() > bip32_seed_bytes_max)
    return Error{ErrorCode::malformed, "key-seed", "key: a seed has 16 to 64 bytes"};
  const Secret<64> mac = hmac_sha512(as_bytes("Bitcoin seed"), seed);
  auto key = curve.to_private_key(Secret<32>(mac.expose().first<32>()));
  if (!key) return key.error();
  ExtendedPublicKey half{.chain_code = to_array<32>(mac.expose().last<32>()), .key = curve.public_key(*key)};
  half.encoded_key = curve.encode(half.key);
  return ExtendedPrivateKey{.key = *std::move(key), .public_half = half};
}

Result<ExtendedPrivateKey> derive_child(const Curve& curve, const ExtendedPrivateKey& parent,
                                        std::uint32_t index) {
  if (parent.public_half.depth == 255) return too_deep;
  const Secret<64> seed = child_seed(parent, index);
  auto key = curve.add(parent.key, seed.expose().first<32>());
  if (!key) return key.error();
  const auto half = make_child(curve, parent.public_half, index, seed, curve.public_key(*key));
  return ExtendedPrivateKey{.key = *std::move(key), .public_half = half};
}

Result<ExtendedPublicKey> derive_child(const Curve& curve, const ExtendedPublicKey& parent,
                                       std::uint32_t index) {
  if (parent.depth == 255) return too_deep;
  if ((index & hardened) != 0) return is_hardened;
  const Secret<64> seed = child_seed(parent, index);
  const auto key = curve.add(parent.key, seed.expose().first<32>());
  if (!key) return key.error();
  return make_child(curve, parent, index, seed, *key);
}

Result<PrivateKey> derive_child_key(const Curve& curve, const ExtendedPrivateKey& parent,
                                    std::uint32_t index) {
  if ((index & hardened) != 0) return is_hardened;
  return curve.add(parent.key, child_seed(parent, index).expose().first<32>());
}

Result<PublicKey> derive_child_key(const Curve& curve, const ExtendedPublicKey& parent, std::uint32_t index) {
  if ((index & hardened) != 0) return is_hardened;
  return curve.add(parent.key, child_seed(parent, index).expose().first<32>());
}

std::string encode_xpub(Network network, const ExtendedPublicKey& key) {
  Writer writer;
  writer.u32_be(parameters_of(network).xpub_version).u8(key.depth).bytes(key.parent).u32_be(key.child_number);
  return encode_base58check(writer.bytes(key.chain_code).bytes(key.encoded_key).view());
}

}  // namespace ben::bitcoin
