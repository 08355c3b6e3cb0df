#include "cli/signed_psbt.hpp"

#include <vector>

#include "cli/stop.hpp"

namespace ben::cli {
namespace {

using bitcoin::PsbtField;

Stop bad_psbt(const std::string& what) {
  return {"answer-psbt", "the signed PSBT is not what was asked for: " + what};
}

// The key that a signature is for, and the hash type at its end.
bool is_valid_ecdsa(const bitcoin::Curve& curve, const bitcoin::ReviewedInput& input, const PsbtField& field,
                    const Hash256& hash) {
  const bool own_key =
      field.key.front() == bitcoin::psbt_in::partial_sig && equal(field.key.subspan(1), input.key.encoded);
  const bool all =
      !field.value.empty() && field.value.back() == static_cast<std::uint8_t>(bitcoin::SighashType::all);
  return own_key && all && curve.verify_ecdsa(input.key, hash, field.value.first(field.value.size() - 1));
}

bool is_valid_schnorr(const bitcoin::Curve& curve, const bitcoin::ReviewedInput& input,
                      const PsbtField& field, const Hash256& hash) {
  const bool named = field.key.size() == 1 && field.key.front() == bitcoin::psbt_in::tap_key_sig;
  const bool with_type = input.sighash == bitcoin::SighashType::all;
  if (!named || field.value.size() != (with_type ? 65U : 64U)) return false;
  if (with_type && field.value.back() != static_cast<std::uint8_t>(bitcoin::SighashType::all)) return false;
  const ByteView output_key = ByteView(input.script).subspan(2);  // OP_1, push of 32
  return curve.verify_schnorr(output_key, hash, to_array<64>(field.value.first(64)));
}

}  // namespace

void check_signed_psbt(const bitcoin::Curve& curve, const bitcoin::Review& review, const Bytes& signed_psbt) {
  const auto answer = bitcoin::Psbt::parse(signed_psbt);
  if (!answer) throw bad_psbt(std::string(answer.error().reason.view()));
  const std::size_t count = review.inputs.size();
  if (answer->transaction().inputs.size() != count) throw bad_psbt("it has another number of inputs");

  std::vector<bitcoin::NewPsbtField> added;
  for (std::size_t i = 0; i < count; ++i) {
    if (answer->input(i).size() != review.psbt.input(i).size() + 1)
      throw bad_psbt("input " + std::to_string(i) + " has not exactly one field more");
    const PsbtField& last = answer->input(i).back();
    added.push_back({.key = to_bytes(last.key), .value = to_bytes(last.value)});
  }
  if (review.psbt.encode_with(added) != signed_psbt)
    throw bad_psbt("something else than the signatures was changed");

  const std::vector<Hash256> hashes = bitcoin::signature_hashes(review);
  for (std::size_t i = 0; i < count; ++i) {
    const bitcoin::ReviewedInput& input = review.inputs[i];
    const PsbtField& field = answer->input(i).back();
    const bool valid = input.purpose == bitcoin::Purpose::p2tr
                           ? is_valid_schnorr(curve, input, field, hashes[i])
                           : is_valid_ecdsa(curve, input, field, hashes[i]);
    if (!valid) throw bad_psbt("the signature of input " + std::to_string(i) + " is not valid");
  }
}

}  // namespace ben::cli
