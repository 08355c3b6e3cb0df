// Any bytes: a PSBT that parses, of either version, is kept byte for byte and has an unsigned transaction,
// which the other version has, too; one that passes review keeps its sums and can be signed.
#include <cstdint>

#include "bitcoin/wallet.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "psbt/convert.hpp"
#include "require.hpp"

namespace {

using namespace ben::bitcoin;

void check_review(const Review& review) {
  std::uint64_t destination_sats = 0;
  for (const Destination& destination : review.destinations) destination_sats += destination.amount_sats;
  require(review.inputs.size() == review.psbt.transaction().inputs.size());
  require(review.input_sats <= amount_sats_max);
  require(review.input_sats == destination_sats + review.change_sats + review.fee_sats);
  require(review.outflow_sats == destination_sats + review.fee_sats);
  require(review.fee_sats <= fee_sats_max);
}

// From version 0 there and back is the same PSBT, its transaction first; and the same bytes where that was so
// and no field said version 0. What is refused is over a limit, or of BIP 375.
void check_conversion(const Psbt& psbt) {
  if (const auto older = ben::psbt::convert_to_version_0(psbt.bytes()); older) {
    const auto parsed = Psbt::parse(older->psbt);
    require(parsed && ben::equal(parsed->transaction_bytes(), psbt.transaction_bytes()));
  }
  if (const auto newer = ben::psbt::convert_to_version_2(psbt.bytes()); newer) {
    const auto again = ben::psbt::convert_to_version_0(*newer);
    require(again.has_value());
    const auto newer_again = ben::psbt::convert_to_version_2(again->psbt);
    require(newer_again && *newer_again == *newer);
    const bool is_first = psbt.global()[0].key[0] == psbt_global::unsigned_transaction;
    const bool has_version = find_field(psbt.global(), psbt_global::version) != nullptr;
    require((again->psbt == psbt.bytes()) == (is_first && !has_version));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Curve curve{test::fill_secret(1)};
  static const Wallet wallet = test::make_wallet(curve, 0x5e, Network::regtest, test::all_accounts);
  const ben::Bytes bytes(data, data + size);
  auto psbt = Psbt::parse(bytes);
  if (!psbt) return 0;
  require(psbt->bytes() == bytes);
  require(psbt->encode_with({}) == bytes);
  const auto transaction = parse_transaction(psbt->transaction_bytes(), TransactionForm::stripped);
  require(transaction.has_value() && transaction->inputs.size() == psbt->transaction().inputs.size());
  check_conversion(*psbt);
  const auto review = review_psbt(wallet.own_keys(curve), *std::move(psbt), 10'000);
  if (!review) return 0;
  check_review(*review);
  const auto signed_bytes = sign_reviewed(curve, wallet, *review);
  require(signed_bytes.has_value());
  const auto signed_psbt = Psbt::parse(*signed_bytes);
  require(signed_psbt.has_value());
  require(ben::equal(signed_psbt->transaction_bytes(), review->psbt.transaction_bytes()));
  return 0;
}
