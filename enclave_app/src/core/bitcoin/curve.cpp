#include "bitcoin/curve.hpp"

#include <secp256k1_schnorrsig.h>

namespace ben::bitcoin {

constexpr Error wrong_signature = internal("key-signature", "key: a signature does not verify");

Curve::Curve(const Secret<32>& blinding) noexcept
    : context_(secp256k1_context_create(SECP256K1_CONTEXT_NONE)) {
  if (context_ == nullptr || secp256k1_context_randomize(context_.get(), blinding.expose().data()) != 1)
    std::abort();
}

Result<PrivateKey> Curve::to_private_key(Secret<32> scalar) const {
  if (secp256k1_ec_seckey_verify(context_.get(), scalar.expose().data()) != 1)
    return malformed("key-private", "key: the scalar is not in 1..n-1");
  return PrivateKey(std::move(scalar));
}

PublicKey Curve::public_key(const PrivateKey& key) const noexcept {
  secp256k1_pubkey point{};
  if (secp256k1_ec_pubkey_create(context_.get(), &point, key.scalar().expose().data()) != 1) std::abort();
  return public_key(point);
}

PublicKey Curve::public_key(const secp256k1_pubkey& point) const noexcept {
  PublicKey key{.point = point, .encoded = {}};
  std::size_t size = key.encoded.size();
  if (secp256k1_ec_pubkey_serialize(context_.get(), key.encoded.data(), &size, &point,
                                    SECP256K1_EC_COMPRESSED) != 1)
    std::abort();
  return key;
}

Result<PrivateKey> Curve::add(const PrivateKey& key, std::span<const std::uint8_t, 32> tweak) const {
  Secret<32> sum(key.scalar().expose());
  if (secp256k1_ec_seckey_tweak_add(context_.get(), sum.expose_mutable().data(), tweak.data()) != 1)
    return internal("key-tweak", "key: the tweak gives no key");
  return PrivateKey(std::move(sum));
}

Result<PrivateKey> Curve::tweak_for_taproot(const PrivateKey& key, const PublicKey& internal_key) const {
  Secret<32> even(key.scalar().expose());
  const bool has_odd_y = internal_key.encoded[0] == 0x03;
  if (has_odd_y && secp256k1_ec_seckey_negate(context_.get(), even.expose_mutable().data()) != 1)
    std::abort();
  return add(PrivateKey(std::move(even)),
             tagged_sha256("TapTweak").update(ByteView(internal_key.encoded).subspan(1)).finish());
}

Result<Bytes> Curve::sign_ecdsa(const PrivateKey& private_key, const PublicKey& key,
                                const Hash256& hash) const {
  secp256k1_ecdsa_signature signature{};
  ByteArray<64> compact{};
  ByteArray<32> counter{};  // little-endian, as Bitcoin Core counts
  do {
    // The first attempt is plain RFC 6979; a high R makes the next one add the counter to it.
    const std::uint8_t* const extra = counter == ByteArray<32>{} ? nullptr : counter.data();
    if (secp256k1_ecdsa_sign(context_.get(), &signature, hash.data(), private_key.scalar().expose().data(),
                             secp256k1_nonce_function_rfc6979, extra) != 1 ||
        ++counter[0] == 0)
      return wrong_signature;
    secp256k1_ecdsa_signature_serialize_compact(context_.get(), compact.data(), &signature);
  } while (compact[0] >= 0x80);

  Bytes der(72);  // the most that a signature has
  std::size_t size = der.size();
  secp256k1_ecdsa_signature_serialize_der(context_.get(), der.data(), &size, &signature);
  der.resize(size);
  if (!verify_ecdsa(key, hash, der)) return wrong_signature;
  return der;
}

Result<SchnorrSignature> Curve::sign_schnorr(const PrivateKey& private_key, ByteView x_only_key,
                                             const Hash256& hash, const Hash256& auxiliary) const {
  secp256k1_keypair pair{};
  SchnorrSignature signature{};
  const bool is_signed =
      secp256k1_keypair_create(context_.get(), &pair, private_key.scalar().expose().data()) == 1 &&
      secp256k1_schnorrsig_sign32(context_.get(), signature.data(), hash.data(), &pair, auxiliary.data()) ==
          1;
  ::explicit_bzero(&pair, sizeof pair);
  if (!is_signed || !verify_schnorr(x_only_key, hash, signature)) return wrong_signature;
  return signature;
}

bool Curve::verify_ecdsa(const PublicKey& key, const Hash256& hash, ByteView der) const noexcept {
  secp256k1_ecdsa_signature signature{};
  return secp256k1_ecdsa_signature_parse_der(context_.get(), &signature, der.data(), der.size()) == 1 &&
         secp256k1_ecdsa_verify(context_.get(), &signature, hash.data(), &key.point) == 1;
}

bool Curve::verify_schnorr(ByteView x_only_key, ByteView message,
                           const SchnorrSignature& signature) const noexcept {
  secp256k1_xonly_pubkey point{};
  return x_only_key.size() == XOnlyKey{}.size() &&
         secp256k1_xonly_pubkey_parse(context_.get(), &point, x_only_key.data()) == 1 &&
         secp256k1_schnorrsig_verify(context_.get(), signature.data(), message.data(), message.size(),
                                     &point) == 1;
}

}  // namespace ben::bitcoin
