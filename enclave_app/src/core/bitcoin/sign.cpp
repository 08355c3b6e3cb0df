#include "bitcoin/sign.hpp"

namespace ben::bitcoin {
namespace {

Result<NewPsbtField> sign_ecdsa(const Curve& curve, const PrivateKey& key, const ReviewedInput& input,
                                const Hash256& hash) {
  BEN_TRY(auto signature, curve.sign_ecdsa(key, input.key, hash));
  signature.push_back(static_cast<std::uint8_t>(SighashType::all));
  Bytes field_key{psbt_in::partial_sig};
  field_key.insert(field_key.end(), input.encoded_key.begin(), input.encoded_key.end());
  return NewPsbtField{.key = std::move(field_key), .value = std::move(signature)};
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

Result<Bytes> sign_reviewed(const Curve& curve, const Wallet& wallet, const Review& review) {
  const std::vector<Hash256> hashes = signature_hashes(review);
  std::vector<NewPsbtField> signatures;
  signatures.reserve(hashes.size());
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const ReviewedInput& input = review.inputs[i];
    BEN_TRY(const auto key, wallet.derive_key(curve, input.path));
    BEN_TRY(auto signature, input.purpose == Purpose::p2tr
                                ? sign_schnorr(curve, wallet, key, input, hashes[i])
                                : sign_ecdsa(curve, key, input, hashes[i]));
    signatures.push_back(std::move(signature));
  }
  return review.psbt.encode_with(signatures);
}

}  // namespace ben::bitcoin
