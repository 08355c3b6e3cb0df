// What holds of any PSBT, drawn by rapidcheck: it is kept byte for byte, signed the same each time, and a bit
// of it that flips never moves a signature to another transaction than the one that the bytes say.
#include <optional>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "bitcoin/wallet.hpp"
#include "core/bitcoin/psbt_builder.hpp"

namespace ben::bitcoin {
namespace {

using test::PsbtBuilder;

constexpr std::uint32_t index_max = 10'000;

Bytes draw_bytes(int size_max) { return *rc::gen::resize(size_max, rc::gen::arbitrary<Bytes>()); }

// An account of every form.
Wallet make_wallet(const Curve& curve) {
  return test::make_wallet(curve, 0x5e, Network::regtest, test::all_accounts);
}

KeyPath draw_path(std::size_t accounts, Branch branch) {
  return {.account = *rc::gen::inRange<std::size_t>(0, accounts),
          .branch = branch,
          .index = *rc::gen::inRange<std::uint32_t>(0, 50)};
}

// Fields that signers keep and do not read. Their types differ, so that no key comes twice.
void add_unknown_fields(test::FieldMap& map) {
  const auto count = *rc::gen::inRange<std::uint8_t>(0, 3);
  for (std::uint8_t i = 0; i < count; ++i) {
    Bytes key = draw_bytes(10);
    key.insert(key.begin(), static_cast<std::uint8_t>(0x60 + i));
    test::set(map, std::move(key), draw_bytes(300));
  }
}

// One to six coins of all forms, payments and change, with unknown fields in every map.
PsbtBuilder draw_builder(const Curve& curve, const Wallet& wallet) {
  PsbtBuilder builder(wallet.own_keys(curve));
  const auto parents = *rc::gen::inRange(1, 4);
  for (int i = 0; i < parents; ++i) {
    std::vector<PsbtBuilder::Coin> coins(*rc::gen::inRange<std::size_t>(1, 3));
    for (auto& coin : coins) coin = {draw_path(wallet.accounts().size(), Branch::receive), 100'000};
    builder.spend(coins);
  }
  for (auto& input : builder.draft.inputs) input.sequence = *rc::gen::arbitrary<std::uint32_t>();
  builder.draft.version = *rc::gen::arbitrary<std::uint32_t>();
  builder.draft.lock_time = *rc::gen::arbitrary<std::uint32_t>();
  const std::uint64_t rest_sats =
      100'000 * builder.draft.inputs.size() - *rc::gen::inRange<std::uint64_t>(0, 50'000);
  const std::uint64_t change_sats = *rc::gen::inRange<std::uint64_t>(0, rest_sats + 1);
  builder.pay_own(draw_path(wallet.accounts().size(), Branch::change), change_sats);
  builder.pay(draw_bytes(40), rest_sats - change_sats);
  add_unknown_fields(builder.draft.global);
  for (auto& map : builder.draft.input_fields) add_unknown_fields(map);
  for (auto& map : builder.draft.output_fields) add_unknown_fields(map);
  return builder;
}

// In either version.
Bytes draw_encoded(test::PsbtDraft draft) {
  draft.psbt_version = *rc::gen::arbitrary<bool>() ? 2 : 0;
  return draft.encode();
}

struct Signed {
  Review review;
  Bytes bytes;
};

// What the signer makes of any bytes: nothing, or a review and the signed PSBT.
std::optional<Signed> sign(const Curve& curve, const Wallet& wallet, const Bytes& bytes) {
  auto psbt = Psbt::parse(bytes);
  if (!psbt) return std::nullopt;
  auto review = review_psbt(wallet.own_keys(curve), *std::move(psbt), index_max);
  if (!review) return std::nullopt;
  auto signed_bytes = sign_reviewed(curve, wallet, *review);
  REQUIRE(signed_bytes.has_value());
  return Signed{*std::move(review), *std::move(signed_bytes)};
}

// What each input of a PSBT spends, read from its fields without the review.
std::vector<TransactionOutput> spent_by(const Psbt& psbt) {
  std::vector<TransactionOutput> spent;
  for (std::size_t i = 0; i < psbt.transaction().inputs.size(); ++i) {
    Reader reader(find_field(psbt.input(i), psbt_in::witness_utxo) == nullptr
                      ? ByteView{}
                      : find_field(psbt.input(i), psbt_in::witness_utxo)->value);
    spent.push_back(read_output(reader));
    if (spent.back().script.empty()) {  // P2WPKH may do without: its parent says it
      const auto parent = parse_transaction(find_field(psbt.input(i), psbt_in::non_witness_utxo)->value,
                                            TransactionForm::any);
      spent.back() = parent->outputs[psbt.transaction().inputs[i].previous_output.index];
    }
  }
  return spent;
}

Hash256 sighash_of(const Psbt& psbt, std::size_t i, const SignatureHasher& hasher,
                   const ReviewedInput& input) {
  const Script code = make_p2pkh(hash160(input.key.encoded));
  if (input.purpose == Purpose::p2pkh) return hasher.legacy(i, code);
  if (input.purpose != Purpose::p2tr) return hasher.segwit_v0(i, code);
  const PsbtField* const type = find_field(psbt.input(i), psbt_in::sighash_type);
  return hasher.taproot_key_path(
      i, type != nullptr && type->value[0] == 1 ? SighashType::all : SighashType::taproot_default);
}

bool verifies(const Curve& curve, const ReviewedInput& input, const PsbtField& field, const Hash256& hash) {
  return purpose_of(input.script) == Purpose::p2tr
             ? curve.verify_schnorr(ByteView(input.script).subspan(2), hash,
                                    to_array<64>(field.value.first(64)))
             : curve.verify_ecdsa(input.key, hash, field.value.first(field.value.size() - 1));
}

// Each signature of `made` is one of the transaction and the coins that its own bytes name, and where these
// say another thing than `original`'s, of nothing that the original says.
void check_signs_what_it_says(const Curve& curve, const Signed& made, const Bytes& original) {
  const auto before = Psbt::parse(original);
  const auto after = Psbt::parse(made.bytes);
  REQUIRE(after.has_value());
  const std::vector<TransactionOutput> old_spent = spent_by(*before);
  const std::vector<TransactionOutput> new_spent = spent_by(*after);
  REQUIRE(new_spent.size() == old_spent.size());
  const SignatureHasher old_hasher(before->transaction(), old_spent);
  const SignatureHasher new_hasher(after->transaction(), new_spent);
  std::uint64_t fee_sats = 0;
  for (const auto& coin : new_spent) fee_sats += coin.amount_sats;
  for (const auto& output : after->transaction().outputs) fee_sats -= output.amount_sats;
  CHECK(made.review.fee_sats == fee_sats);
  if (made.review.txid) CHECK(*made.review.txid == txid_of(after->transaction()));
  for (std::size_t i = 0; i < made.review.inputs.size(); ++i) {
    const ReviewedInput& input = made.review.inputs[i];
    const PsbtField& signature = after->input(i).back();
    const Hash256 hash = sighash_of(*after, i, new_hasher, input);
    const Hash256 old_hash = sighash_of(*before, i, old_hasher, input);
    CHECK(verifies(curve, input, signature, hash));
    if (hash != old_hash) CHECK_FALSE(verifies(curve, input, signature, old_hash));
  }
}

struct Fixture {
  Curve curve{test::fill_secret(1)};
  Wallet wallet = make_wallet(curve);
};

TEST_CASE_FIXTURE(Fixture, "whatever is parsed is written back the same, from its bytes and from its parts") {
  CHECK(rc::check("parse and serialize", [&] {
    const test::PsbtDraft draft = draw_builder(curve, wallet).draft;
    const Bytes bytes = draw_encoded(draft);
    const auto psbt = Psbt::parse(bytes);
    RC_ASSERT(psbt.has_value());
    RC_ASSERT(equal(psbt->transaction_bytes(), draft.unsigned_transaction()));
    RC_ASSERT(psbt->encode_with({}) == bytes);
    RC_ASSERT(test::encode_maps(*psbt, psbt->global()) == bytes);
  }));
}

TEST_CASE_FIXTURE(Fixture, "the same PSBT gets the same bytes from every signer of the seed") {
  CHECK(rc::check("determinism", [&] {
    const Bytes bytes = draw_encoded(draw_builder(curve, wallet).draft);
    const auto first = sign(curve, wallet, bytes);
    RC_ASSERT(first.has_value());
    const Curve other_curve{Secret<32>(ByteArray<32>{*rc::gen::arbitrary<std::uint8_t>()})};
    const auto second = sign(other_curve, make_wallet(other_curve), bytes);
    RC_ASSERT(second.has_value());
    RC_ASSERT(second->bytes == first->bytes);
    RC_ASSERT(second->review.decision_key == first->review.decision_key);
  }));
}

// Flips each bit of a PSBT that is signed.
void check_each_flip(const Curve& curve, const Wallet& wallet, const Bytes& original) {
  const auto honest = sign(curve, wallet, original);
  REQUIRE(honest.has_value());
  const ByteView transaction = honest->review.psbt.transaction_bytes();
  std::size_t refused = 0;
  std::size_t same = 0;   // a field that is kept and not read
  std::size_t other = 0;  // another transaction, which the policy would judge anew
  for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
    CAPTURE(bit);
    Bytes flipped = original;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const auto made = sign(curve, wallet, flipped);
    if (!made) {
      ++refused;
      continue;
    }
    check_signs_what_it_says(curve, *made, original);
    const bool decided_alike = made->review.decision_key == honest->review.decision_key;
    CHECK(decided_alike == (equal(made->review.psbt.transaction_bytes(), transaction) &&
                            made->review.input_sats == honest->review.input_sats));
    if (decided_alike) CHECK(made->review.outflow_sats >= honest->review.outflow_sats);
    ++(decided_alike ? same : other);
  }
  MESSAGE("of " << original.size() * 8 << " flips " << refused << " are refused, " << other
                << " are another decision, " << same << " the same");
  CHECK(refused > other);
}

TEST_CASE_FIXTURE(Fixture, "no flipped bit moves a signature to what the PSBT does not say") {
  PsbtBuilder builder(wallet.own_keys(curve));
  builder.spend({.account = 0, .branch = Branch::receive, .index = 1}, 100'000);
  builder.spend({.account = 1, .branch = Branch::receive, .index = 2}, 100'000);
  // Nothing but the signature proves the amount of the second.
  test::remove(builder.draft.input_fields[1], psbt_in::non_witness_utxo);
  builder.pay(make_witness_script(0, Bytes(20, 0x77)), 150'000);
  builder.pay_own({.account = 1, .branch = Branch::change, .index = 0}, 49'000);
  for (const std::uint32_t version : {0U, 2U}) {
    builder.draft.psbt_version = version;
    check_each_flip(curve, wallet, builder.draft.encode());
  }
}

TEST_CASE_FIXTURE(Fixture, "a bit flipped in any drawn PSBT is refused, or signed for what it then says") {
  CHECK(rc::check("flipped", [&] {
    const Bytes original = draw_encoded(draw_builder(curve, wallet).draft);
    for (int i = 0; i < 20; ++i) {
      Bytes flipped = original;
      const auto bit = *rc::gen::inRange<std::size_t>(0, original.size() * 8);
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      if (const auto made = sign(curve, wallet, flipped)) check_signs_what_it_says(curve, *made, original);
    }
  }));
}

}  // namespace
}  // namespace ben::bitcoin
