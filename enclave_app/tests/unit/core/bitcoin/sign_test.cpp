// Signing: what leaves, and that nothing leaves that does not verify.
#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "bitcoin/wallet.hpp"
#include "core/bitcoin/psbt_builder.hpp"

namespace ben::bitcoin {
namespace {

using test::PsbtBuilder;

struct Fixture {
  Curve curve{test::fill_secret(1)};
  Wallet wallet = test::make_wallet(curve, 0x5e, Network::regtest, test::all_accounts);

  [[nodiscard]] Review review(const PsbtBuilder& builder) const {
    auto reviewed = review_psbt(wallet.own_keys(curve), builder.parse(), 10'000);
    REQUIRE(reviewed.has_value());
    return *std::move(reviewed);
  }

  // 20 inputs of all forms in turn; `sighash` is written for the taproot ones, if it is not 0xff.
  [[nodiscard]] PsbtBuilder make(std::uint8_t sighash = 0xff) const {
    PsbtBuilder builder(wallet.own_keys(curve));
    for (std::uint32_t i = 0; i < 20; ++i) {
      builder.spend({.account = i % 4, .branch = Branch::receive, .index = i}, 1'000'000);
      if (i % 4 == 1 && sighash != 0xff)
        test::set(builder.draft.input_fields.back(), {psbt_in::sighash_type}, {sighash, 0, 0, 0});
    }
    builder.pay(make_p2pkh(Bytes(20, 9)), 15'000'000);
    builder.pay_own({.account = 0, .branch = Branch::change, .index = 0}, 4'990'000);
    return builder;
  }
};

// The signature hash of one input by the rules of the BIPs, from the draft's own parts.
Hash256 sighash_of(const PsbtBuilder& builder, std::uint32_t input, SighashType type) {
  std::vector<DerivedScript> derived;
  std::vector<TransactionOutput> spent;
  for (std::uint32_t i = 0; i < 20; ++i)
    derived.push_back(builder.derive({.account = i % 4, .branch = Branch::receive, .index = i}));
  for (const DerivedScript& own : derived) spent.push_back({1'000'000, own.script});
  const Script code = make_p2pkh(hash160(derived[input].key.encoded));
  if (input % 4 == 2) {  // P2PKH: before segwit
    auto inputs = builder.draft.inputs;
    inputs[input].script_sig = code;
    Bytes preimage =
        test::encode_stripped(builder.draft.version, inputs, builder.draft.outputs, builder.draft.lock_time);
    preimage.insert(preimage.end(), {1, 0, 0, 0});
    return sha256d(preimage);
  }
  const Psbt psbt = builder.parse();
  const SignatureHasher hasher(psbt.transaction(), spent);
  return input % 4 == 1 ? hasher.taproot_key_path(input, type) : hasher.segwit_v0(input, code);
}

TEST_CASE_FIXTURE(Fixture, "every input gets one signature that verifies with the key of its script") {
  for (const auto sighash : std::to_array<std::uint8_t>({0xff, 0x00, 0x01})) {
    CAPTURE(sighash);
    const PsbtBuilder builder = make(sighash);
    const auto bytes = sign_reviewed(curve, wallet, review(builder));
    REQUIRE(bytes.has_value());
    const auto psbt = Psbt::parse(*bytes);
    REQUIRE(psbt.has_value());
    const auto type = sighash == 0x01 ? SighashType::all : SighashType::taproot_default;
    for (std::uint32_t i = 0; i < 20; ++i) {
      CAPTURE(i);
      const auto derived = builder.derive({.account = i % 4, .branch = Branch::receive, .index = i});
      const auto hash = sighash_of(builder, i, type);
      REQUIRE(psbt->input(i).size() == builder.draft.input_fields[i].size() + 1);
      const PsbtField& field = psbt->input(i).back();
      if (i % 4 != 1) {
        CHECK(field.key[0] == psbt_in::partial_sig);
        CHECK(equal(field.key.subspan(1), derived.key.encoded));
        CHECK(field.value.back() == 0x01);
        CHECK(field.value.size() <= 71);  // low R
        CHECK(curve.verify_ecdsa(derived.key, hash, field.value.first(field.value.size() - 1)));
      } else {
        CHECK(field.key.size() == 1);
        CHECK(field.key[0] == psbt_in::tap_key_sig);
        REQUIRE(field.value.size() == (sighash == 0x01 ? 65 : 64));
        if (sighash == 0x01) CHECK(field.value.back() == 0x01);
        CHECK(curve.verify_schnorr(ByteView(derived.script).subspan(2), hash,
                                   to_array<64>(field.value.first(64))));
      }
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "signing adds one field to each input and changes no other byte") {
  PsbtBuilder builder = make();
  test::set(builder.draft.global, {0xfc, 0x03, 'b', 'e', 'n', 0x01}, Bytes(300, 0x55));
  test::set(builder.draft.input_fields[4], {0xfd, 0x34, 0x12, 0x99}, Bytes{1, 2, 3});
  test::set(builder.draft.output_fields[1], {0xee}, {});
  const auto bytes = sign_reviewed(curve, wallet, review(builder));
  REQUIRE(bytes.has_value());
  const auto psbt = Psbt::parse(*bytes);
  REQUIRE(psbt.has_value());
  PsbtBuilder expected = builder;
  for (std::size_t i = 0; i < 20; ++i) {
    const PsbtField& added = psbt->input(i).back();
    test::set(expected.draft.input_fields[i], to_bytes(added.key), to_bytes(added.value));
  }
  CHECK(expected.draft.encode() == *bytes);
}

TEST_CASE_FIXTURE(Fixture, "version 2 gets the signatures of version 0, and says modifiable no more") {
  PsbtBuilder builder = make();
  const auto version_0 = sign_reviewed(curve, wallet, review(builder));
  REQUIRE(version_0.has_value());
  const Psbt signed_0 = *Psbt::parse(*version_0);
  builder.draft.psbt_version = 2;
  for (const auto flags : std::to_array<std::uint8_t>({0x00, 0x01, 0x02, 0x03, 0x07, 0xff})) {
    CAPTURE(flags);
    PsbtBuilder asked = builder;
    test::set(asked.draft.global, {psbt_global::modifiable}, {flags});
    const auto version_2 = sign_reviewed(curve, wallet, review(asked));
    REQUIRE(version_2.has_value());
    PsbtBuilder expected = builder;
    test::set(expected.draft.global, {psbt_global::modifiable}, {static_cast<std::uint8_t>(flags & 0xfcU)});
    for (std::size_t i = 0; i < 20; ++i) {
      const PsbtField& added = signed_0.input(i).back();
      test::set(expected.draft.input_fields[i], to_bytes(added.key), to_bytes(added.value));
    }
    CHECK(*version_2 == expected.draft.encode());
  }
}

TEST_CASE_FIXTURE(Fixture, "the same request gives the same signatures") {
  const auto a = sign_reviewed(curve, wallet, review(make()));
  const Curve other_blinding{test::fill_secret(2)};
  const auto b = sign_reviewed(other_blinding, wallet, review(make()));
  REQUIRE(a.has_value());
  REQUIRE(b.has_value());
  CHECK(*a == *b);
}

TEST_CASE_FIXTURE(Fixture, "a signature that does not verify with the reviewed key never leaves") {
  // A wallet with other keys stands for any fault between review and signature.
  const Wallet other = test::make_wallet(curve, 0x77);
  const auto with_other_keys = sign_reviewed(curve, other, review(make()));
  REQUIRE_FALSE(with_other_keys.has_value());
  CHECK(with_other_keys.error().tag.view() == "key-signature");

  for (const std::size_t input : {16U, 17U, 18U, 19U}) {
    CAPTURE(input);
    Review reviewed = review(make());
    reviewed.inputs[input].path.index ^= 1U;  // one wrong key among twenty: no signature of the others either
    const auto wrong_path = sign_reviewed(curve, wallet, reviewed);
    REQUIRE_FALSE(wrong_path.has_value());
    CHECK(wrong_path.error().tag.view() == "key-signature");
  }
  Review reviewed = review(make());
  reviewed.inputs[3].path.account = 4;
  CHECK(sign_reviewed(curve, wallet, reviewed).error().tag.view() == "key-path");
}

TEST_CASE_FIXTURE(Fixture, "a signed PSBT is not signed again") {
  const auto bytes = sign_reviewed(curve, wallet, review(make()));
  REQUIRE(bytes.has_value());
  auto psbt = Psbt::parse(*bytes);
  REQUIRE(psbt.has_value());
  const auto again = review_psbt(wallet.own_keys(curve), *std::move(psbt), 10'000);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().tag.view() == "psbt-input-signed");
}

}  // namespace
}  // namespace ben::bitcoin
