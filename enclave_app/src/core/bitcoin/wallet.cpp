#include "bitcoin/wallet.hpp"

#include "crypto/hash.hpp"

namespace ben::bitcoin {
namespace {

Result<NewPsbtField> sign_ecdsa(const Curve& curve, const PrivateKey& key, const ReviewedInput& input,
                                const Hash256& hash) {
  BEN_TRY(auto signature, curve.sign_ecdsa(key, input.key, hash));
  signature.push_back(static_cast<std::uint8_t>(SighashType::all));
  return NewPsbtField{.key = Writer().u8(psbt_in::partial_sig).bytes(input.key.encoded).take(),
                      .value = std::move(signature)};
}

Result<NewPsbtField> sign_schnorr(const Curve& curve, const Wallet& wallet, const PrivateKey& key,
                                  const ReviewedInput& input, const Hash256& hash) {
  BEN_TRY(const auto output_key, curve.tweak_for_taproot(key, input.key));
  BEN_TRY(const auto signature,
          curve.sign_schnorr(output_key, ByteView(input.script).subspan(2), hash, wallet.auxiliary(hash)));
  Bytes value = to_bytes(signature);
  if (input.sighash != SighashType::taproot_default)
    value.push_back(static_cast<std::uint8_t>(input.sighash));
  return NewPsbtField{.key = {psbt_in::tap_key_sig}, .value = std::move(value)};
}

}  // namespace

Result<Wallet> Wallet::derive(const Curve& curve, const Secret<32>& seed, Network network,
                              std::span<const AccountId> accounts) {
  BEN_TRY(const auto master, derive_master(curve, seed.expose()));

  Wallet wallet;
  const ExtendedPublicKey& master_public = master.public_half;
  wallet.id_ = sha256({as_bytes("ben/wallet/v1"), as_bytes(parameters_of(network).name),
                       master_public.key.encoded, master_public.chain_code});
  wallet.auxiliary_key_ = hkdf_sha256<32>(seed.expose(), {}, "ben/aux/v1");
  for (const AccountId& id : accounts) {
    const auto [purpose, coin, number] = account_path(id, network);
    BEN_TRY(auto key, derive_child(curve, master, purpose));
    BEN_TRY(key, derive_child(curve, key, coin));
    BEN_TRY(key, derive_child(curve, key, number));
    BEN_TRY(auto receive, derive_child(curve, key, static_cast<std::uint32_t>(Branch::receive)));
    BEN_TRY(auto change, derive_child(curve, key, static_cast<std::uint32_t>(Branch::change)));
    wallet.accounts_.push_back({.id = id,
                                .network = network,
                                .master_fingerprint = fingerprint_of(master_public),
                                .key = key.public_half});
    wallet.branch_keys_.push_back({std::move(receive), std::move(change)});
  }
  return wallet;
}

Result<PrivateKey> Wallet::derive_key(const Curve& curve, const KeyPath& path) const {
  if (path.account >= branch_keys_.size()) return refused("key-path", "key: the wallet has no such account");
  return derive_child_key(curve, branch_keys_[path.account][static_cast<std::size_t>(path.branch)],
                          path.index);
}

Result<DerivedScript> Wallet::derive_script(const Curve& curve, const KeyPath& path) const {
  BEN_TRY(const auto key, derive_key(curve, path));
  const Purpose purpose = accounts_[path.account].id.purpose;
  const PublicKey public_key = curve.public_key(key);
  if (purpose != Purpose::p2tr)
    return DerivedScript{.key = public_key, .script = make_script(purpose, public_key.encoded)};
  BEN_TRY(const auto tweaked, curve.tweak_for_taproot(key, public_key));
  const PublicKey output_key = curve.public_key(tweaked);
  return DerivedScript{.key = public_key,
                       .script = make_script(purpose, ByteView(output_key.encoded).subspan(1))};
}

OwnKeys Wallet::own_keys(const Curve& curve) const {
  return {accounts_, [this, &curve](const KeyPath& path) { return derive_script(curve, path); }};
}

Hash256 Wallet::auxiliary(const Hash256& sighash) const noexcept {
  return sha256({auxiliary_key_.expose(), sighash});
}

Result<Bytes> sign_reviewed(const Curve& curve, const Wallet& wallet, const Review& review) {
  const std::vector<Hash256> hashes = signature_hashes(review);
  std::vector<NewPsbtField> signatures;
  signatures.reserve(hashes.size());
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const ReviewedInput& input = review.inputs[i];
    BEN_TRY(const auto key, wallet.derive_key(curve, input.path));
    BEN_TRY(signatures.emplace_back(), input.purpose == Purpose::p2tr
                                           ? sign_schnorr(curve, wallet, key, input, hashes[i])
                                           : sign_ecdsa(curve, key, input, hashes[i]));
  }
  return review.psbt.encode_with(signatures);
}

}  // namespace ben::bitcoin
