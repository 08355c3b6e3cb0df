// The review of coins of P2PKH and P2SH-P2WPKH: their own attacks, and their own measures of size.
#include "core/bitcoin/review_fixture.hpp"

namespace ben::bitcoin {
namespace {

using test::Attack;
using test::claim;
using test::Fixture;
using test::legacy_coin;
using test::nested_coin;
using test::parent_of;
using test::PsbtBuilder;
using test::set_sighash;
using test::spend_output;
using test::v0_coin;

const std::vector<Attack>& attacks_on_older_forms() {
  static const std::vector<Attack> list{
      {"psbt-missing-utxo", "P2PKH of which nothing is said",
       [](const Fixture&, PsbtBuilder& b) {
         test::remove(b.draft.input_fields[2], psbt_in::non_witness_utxo);
       }},
      {"psbt-missing-parent", "a P2PKH amount on the host's word",
       [](const Fixture&, PsbtBuilder& b) {
         test::remove(b.draft.input_fields[2], psbt_in::non_witness_utxo);
         test::set(b.draft.input_fields[2], {psbt_in::witness_utxo},
                   test::encode_utxo(50'000'000, b.derive(legacy_coin).script));
       }},
      {"psbt-missing-parent", "a P2SH-P2WPKH amount on the host's word",
       [](const Fixture&, PsbtBuilder& b) {
         test::remove(b.draft.input_fields[3], psbt_in::non_witness_utxo);
       }},
      {"psbt-legacy-witness", "P2PKH with witness_utxo beside its parent",
       [](const Fixture&, PsbtBuilder& b) {
         test::set(b.draft.input_fields[2], {psbt_in::witness_utxo},
                   test::encode_utxo(50'000'000, b.derive(legacy_coin).script));
       }},
      {"psbt-parent-mismatch", "a P2PKH coin with the parent of another",
       [](const Fixture&, PsbtBuilder& b) {
         test::find(b.draft.input_fields[2], psbt_in::non_witness_utxo)->value = parent_of(b, 3);
       }},
      {"psbt-utxo-mismatch", "a P2SH-P2WPKH amount that the parent does not say",
       [](const Fixture&, PsbtBuilder& b) { claim(b, 3, 49'000'000, b.derive(nested_coin).script); }},
      {"psbt-redeem-script", "P2SH without its redeem script",
       [](const Fixture&, PsbtBuilder& b) { test::remove(b.draft.input_fields[3], psbt_in::redeem_script); }},
      {"psbt-redeem-script", "the redeem script of another key of ours",
       [](const Fixture&, PsbtBuilder& b) {
         test::find(b.draft.input_fields[3], psbt_in::redeem_script)->value =
             make_p2wpkh(b.derive({3, Branch::receive, 13}).key.encoded);
       }},
      {"psbt-redeem-script", "the redeem script with a byte more",
       [](const Fixture&, PsbtBuilder& b) {
         test::find(b.draft.input_fields[3], psbt_in::redeem_script)->value.push_back(0);
       }},
      {"psbt-input-foreign", "P2SH of another redeem script under the path of ours",
       [](const Fixture&, PsbtBuilder& b) {
         const Script redeem_script = make_witness_script(0, Bytes(32, 9));  // P2SH-P2WSH
         const Script script = make_p2sh(hash160(redeem_script));
         spend_output(b, 3, 50'000'000, script);
         claim(b, 3, 50'000'000, script);
         test::find(b.draft.input_fields[3], psbt_in::redeem_script)->value = redeem_script;
       }},
      {"psbt-input-foreign", "P2PKH of another wallet's key under the path of ours",
       [](const Fixture&, PsbtBuilder& b) { spend_output(b, 2, 50'000'000, make_p2pkh(Bytes(20, 4))); }},
      {"psbt-input-foreign", "the key of a P2WPKH account as P2PKH",
       [](const Fixture&, PsbtBuilder& b) {
         spend_output(b, 2, 50'000'000, make_p2pkh(hash160(b.derive(v0_coin).key.encoded)));
         *test::find(b.draft.input_fields[2], psbt_in::bip32_derivation) =
             *test::find(b.draft.input_fields[0], psbt_in::bip32_derivation);
       }},
      {"psbt-input-nested", "P2PKH with a redeem script",
       [](const Fixture&, PsbtBuilder& b) {
         test::set(b.draft.input_fields[2], {psbt_in::redeem_script},
                   make_p2wpkh(b.derive(legacy_coin).key.encoded));
       }},
      {"psbt-input-nested", "P2WPKH with a redeem script, its own",
       [](const Fixture&, PsbtBuilder& b) {
         test::set(b.draft.input_fields[0], {psbt_in::redeem_script}, b.derive(v0_coin).script);
       }},
      {"psbt-input-nested", "P2TR with a redeem script",
       [](const Fixture&, PsbtBuilder& b) {
         test::set(b.draft.input_fields[1], {psbt_in::redeem_script}, b.derive(v0_coin).script);
       }},
      {"psbt-input-nested", "P2SH-P2WPKH with a witness script",
       [](const Fixture&, PsbtBuilder& b) {
         test::set(b.draft.input_fields[3], {psbt_in::witness_script}, Bytes{0x51});
       }},
      {"psbt-sighash", "NONE for P2PKH", [](const Fixture&, PsbtBuilder& b) { set_sighash(b, 2, 0x02); }},
      {"psbt-sighash", "DEFAULT for P2PKH", [](const Fixture&, PsbtBuilder& b) { set_sighash(b, 2, 0); }},
      {"psbt-sighash", "SINGLE for P2SH-P2WPKH, the old bug's type",
       [](const Fixture&, PsbtBuilder& b) { set_sighash(b, 3, 0x03); }},
      {"psbt-sighash", "ANYONECANPAY for P2PKH",
       [](const Fixture&, PsbtBuilder& b) { set_sighash(b, 2, 0x81); }},
  };
  return list;
}

TEST_CASE_FIXTURE(Fixture, "every rule about P2PKH and P2SH-P2WPKH refuses its attack by its own tag") {
  check_each(attacks_on_older_forms(), make_all());
}

TEST_CASE_FIXTURE(Fixture, "all four forms are inputs and change, and leave the transaction id open") {
  const auto reviewed = review(make_all().draft);
  REQUIRE(reviewed.has_value());
  CHECK(reviewed->inputs[2].path == legacy_coin);
  CHECK(reviewed->inputs[2].purpose == Purpose::p2pkh);
  CHECK(reviewed->inputs[2].sighash == SighashType::all);
  CHECK(reviewed->inputs[3].path == nested_coin);
  CHECK(reviewed->inputs[3].purpose == Purpose::p2sh_p2wpkh);
  CHECK(reviewed->change_sats == 240'000'000);
  CHECK(reviewed->outflow_sats == 160'000'000);
  CHECK_FALSE(reviewed->txid.has_value());
  CHECK(review(make().draft)->txid.has_value());
  for (const KeyPath& coin : {legacy_coin, nested_coin}) {
    PsbtBuilder builder(wallet.own_keys(curve));
    builder.spend(coin, 1'000'000).pay(stranger, 999'000);
    const auto alone = review(builder.draft);
    REQUIRE(alone.has_value());
    CHECK_FALSE(alone->txid.has_value());
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "the virtual size counts scriptSigs four times, and no witness where there is none") {
  const auto vsize_of = [this](const std::vector<KeyPath>& coins) {
    PsbtBuilder builder(wallet.own_keys(curve));
    for (const KeyPath& coin : coins) builder.spend(coin, 100'000);
    builder.pay(make_witness_script(0, Bytes(20, 1)), 90'000 * coins.size());
    const auto reviewed = review(builder.draft);
    REQUIRE(reviewed.has_value());
    return reviewed->vsize_min;
  };
  CHECK(vsize_of({legacy_coin}) == 82 + 106);
  CHECK(vsize_of({nested_coin}) == 82 + 23 + (2 + 107 + 3) / 4);
  // One more input of 41 bytes; the P2PKH input's empty witness is one byte.
  CHECK(vsize_of({legacy_coin, v0_coin}) == 82 + 41 + 106 + (2 + 107 + 1 + 3) / 4);
}

TEST_CASE_FIXTURE(Fixture, "P2PKH inputs are as many as 25 million hashed bytes allow") {
  PsbtBuilder builder(wallet.own_keys(curve));
  builder.spend(std::vector<PsbtBuilder::Coin>(10, {.path = legacy_coin, .amount_sats = 100'000}));
  builder.pay(stranger, 900'000).pay(Script(2'000'000, 0x6a), 0);
  Script& padding = builder.draft.outputs.back().script;
  padding.resize(padding.size() + legacy_sighash_bytes_max / 10 -
                 builder.draft.unsigned_transaction().size());
  REQUIRE(10 * builder.draft.unsigned_transaction().size() == legacy_sighash_bytes_max);
  CHECK(tag_of(builder.draft) == "accepted");
  padding.push_back(0x6a);
  CHECK(tag_of(builder.draft) == "psbt-legacy-limit");
  // One P2PKH input less and one of another form: that one hashes nothing again.
  builder.draft.inputs.pop_back();
  builder.draft.input_fields.pop_back();
  builder.spend(v0_coin, 100'000);
  CHECK(tag_of(builder.draft) == "accepted");
}

}  // namespace
}  // namespace ben::bitcoin
