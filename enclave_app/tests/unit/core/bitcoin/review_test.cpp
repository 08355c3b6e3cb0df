// Each hard rule as an attack: a valid PSBT, one thing changed, and the tag that refuses it.
#include "core/bitcoin/review_fixture.hpp"

namespace ben::bitcoin {
namespace {

using test::Attack;
using test::claim;
using test::Fixture;
using test::index_max;
using test::parent_of;
using test::PsbtBuilder;
using test::set_sighash;
using test::spend_output;
using test::taproot_coin;
using test::v0_change;
using test::v0_coin;

TEST_CASE_FIXTURE(Fixture, "a review says what goes in, what comes back, what leaves and what it costs") {
  const PsbtBuilder builder = make();
  const auto reviewed = review(builder.draft);
  REQUIRE(reviewed.has_value());
  REQUIRE(reviewed->inputs.size() == 2);
  CHECK(reviewed->inputs[0].path == v0_coin);
  CHECK(reviewed->inputs[0].amount_sats == 100'000'000);
  CHECK(reviewed->inputs[0].sighash == SighashType::all);
  CHECK(reviewed->inputs[1].path == taproot_coin);
  CHECK(reviewed->inputs[1].script == builder.derive(taproot_coin).script);
  CHECK(reviewed->inputs[1].sighash == SighashType::taproot_default);
  REQUIRE(reviewed->destinations.size() == 2);
  CHECK(reviewed->destinations[0].output == 0);
  CHECK(reviewed->destinations[0].script == stranger);
  CHECK_FALSE(reviewed->destinations[0].is_self);
  CHECK(reviewed->destinations[1].output == 3);
  CHECK(reviewed->destinations[1].is_self);
  CHECK(reviewed->input_sats == 300'000'000);
  CHECK(reviewed->change_sats == 140'000'000);
  CHECK(reviewed->fee_sats == 1'000'000);
  CHECK(reviewed->outflow_sats == 160'000'000);
  CHECK(reviewed->outflow_sats == 150'000'000 + 9'000'000 + reviewed->fee_sats);
}

TEST_CASE_FIXTURE(Fixture, "the virtual size counts our own witnesses, and the fee rate is rounded up") {
  // One P2WPKH input and one P2WPKH output: 82 bytes stripped, 107 bytes of witness, marker and flag.
  PsbtBuilder builder(wallet.own_keys(curve));
  builder.spend(v0_coin, 100'000).pay(make_witness_script(0, Bytes(20, 1)), 99'889);
  auto reviewed = review(builder.draft);
  REQUIRE(reviewed.has_value());
  CHECK(reviewed->vsize_min == (82 * 4 + 2 + 107 + 3) / 4);  // 110
  CHECK(reviewed->fee_sats == 111);
  CHECK(reviewed->fee_rate_sats_per_vbyte == 2);

  PsbtBuilder taproot(wallet.own_keys(curve));
  taproot.spend(taproot_coin, 100'000).pay(make_witness_script(1, Bytes(32, 1)), 90'000);
  reviewed = review(taproot.draft);
  REQUIRE(reviewed.has_value());
  CHECK(reviewed->vsize_min == (94 * 4 + 2 + 66 + 3) / 4);
}

TEST_CASE_FIXTURE(Fixture, "the decision key commits to amounts, which the txid does not") {
  PsbtBuilder honest(wallet.own_keys(curve));
  honest.spend(taproot_coin, 200'000'000).pay(stranger, 199'000'000);
  test::remove(honest.draft.input_fields[0], psbt_in::non_witness_utxo);
  PsbtBuilder lie = honest;
  test::find(lie.draft.input_fields[0], psbt_in::witness_utxo)->value =
      test::encode_utxo(199'500'000, honest.derive(taproot_coin).script);
  const auto a = review(honest.draft);
  const auto b = review(lie.draft);
  REQUIRE(a.has_value());
  REQUIRE(b.has_value());
  CHECK(a->txid == std::optional(sha256d(honest.draft.unsigned_transaction())));
  CHECK(a->txid == b->txid);
  CHECK(a->decision_key != b->decision_key);
  const Bytes utxo = test::encode_utxo(200'000'000, honest.derive(taproot_coin).script);
  CHECK(a->decision_key == sha256({honest.draft.unsigned_transaction(), utxo}));
}

void remove_all_inputs(PsbtBuilder& builder) {
  builder.draft.inputs.clear();
  builder.draft.input_fields.clear();
}

const std::vector<Attack>& attacks() {
  static const std::vector<Attack> list{
      {"psbt-empty", "no inputs", [](const Fixture&, PsbtBuilder& b) { remove_all_inputs(b); }},
      {"psbt-empty", "no outputs",
       [](const Fixture&, PsbtBuilder& b) {
         b.draft.outputs.clear();
         b.draft.output_fields.clear();
       }},
      {"psbt-duplicate-input", "one coin counted twice",
       [](const Fixture&, PsbtBuilder& b) {
         b.draft.inputs.push_back(b.draft.inputs[0]);
         b.draft.input_fields.push_back(b.draft.input_fields[0]);
       }},
      {"psbt-missing-parent", "the amount of a v0 coin on the host's word",
       [](const Fixture&, PsbtBuilder& b) {
         test::remove(b.draft.input_fields[0], psbt_in::non_witness_utxo);
       }},
      {"psbt-utxo-mismatch", "a v0 amount that the parent does not say",
       [](const Fixture&, PsbtBuilder& b) { claim(b, 0, 99'000'000, b.derive(v0_coin).script); }},
      {"psbt-utxo-mismatch", "a v0 script that the parent does not say",
       [](const Fixture&, PsbtBuilder& b) { claim(b, 0, 100'000'000, b.derive(v0_change).script); }},
      {"psbt-utxo-mismatch", "a taproot amount that the parent does not say",
       [](const Fixture&, PsbtBuilder& b) { claim(b, 1, 199'999'999, b.derive(taproot_coin).script); }},
      {"psbt-parent-mismatch", "the parent of another coin",
       [](const Fixture&, PsbtBuilder& b) {
         test::find(b.draft.input_fields[0], psbt_in::non_witness_utxo)->value = parent_of(b, 1);
       }},
      {"psbt-parent-mismatch", "a parent with a larger amount and so another txid",
       [](const Fixture&, PsbtBuilder& b) {
         Bytes& parent = test::find(b.draft.input_fields[0], psbt_in::non_witness_utxo)->value;
         parent[parent.size() - 4 - 23 - 8] ^= 1U;  // before lock time and a script of 22 bytes
       }},
      {"psbt-parent-mismatch", "an output the parent does not have",
       [](const Fixture&, PsbtBuilder& b) { b.draft.inputs[0].previous_output.index = 2; }},
      {"psbt-transaction", "a parent with a byte too many",
       [](const Fixture&, PsbtBuilder& b) {
         test::find(b.draft.input_fields[0], psbt_in::non_witness_utxo)->value.push_back(0);
       }},
      {"psbt-missing-utxo", "a taproot coin without witness_utxo",
       [](const Fixture&, PsbtBuilder& b) { test::remove(b.draft.input_fields[1], psbt_in::witness_utxo); }},
      {"psbt-missing-utxo", "a coin of which nothing is said",
       [](const Fixture&, PsbtBuilder& b) {
         test::remove(b.draft.input_fields[0], psbt_in::witness_utxo);
         test::remove(b.draft.input_fields[0], psbt_in::non_witness_utxo);
       }},
      {"psbt-input-script", "a coin of another form",
       [](const Fixture&, PsbtBuilder& b) {
         const Script script = make_witness_script(0, Bytes(32, 5));  // P2WSH
         spend_output(b, 0, 100'000'000, script);
         claim(b, 0, 100'000'000, script);
       }},
      {"psbt-input-foreign", "a coin of another wallet under our path",
       [](const Fixture& f, PsbtBuilder& b) {
         PsbtBuilder other(f.other_wallet.own_keys(f.curve));
         other.spend(v0_coin, 100'000'000);
         b.draft.inputs[0] = other.draft.inputs[0];
         const auto hint = *test::find(b.draft.input_fields[0], psbt_in::bip32_derivation);
         b.draft.input_fields[0] = other.draft.input_fields[0];
         *test::find(b.draft.input_fields[0], psbt_in::bip32_derivation) = hint;
       }},
      {"psbt-input-foreign", "a coin of another wallet, honestly named",
       [](const Fixture& f, PsbtBuilder& b) {
         PsbtBuilder other(f.other_wallet.own_keys(f.curve));
         other.spend(taproot_coin, 200'000'000);
         b.draft.inputs[1] = other.draft.inputs[0];
         b.draft.input_fields[1] = other.draft.input_fields[0];
       }},
      {"psbt-input-foreign", "a coin of ours without its path",
       [](const Fixture&, PsbtBuilder& b) {
         test::remove(b.draft.input_fields[0], psbt_in::bip32_derivation);
       }},
      {"psbt-input-foreign", "a taproot coin hinted as the key of a script leaf",
       [](const Fixture&, PsbtBuilder& b) {
         Bytes& value = test::find(b.draft.input_fields[1], psbt_in::tap_bip32_derivation)->value;
         value[0] = 1;
         value.insert(value.begin() + 1, 32, 0x33);
       }},
      {"psbt-input-signed", "a foreign partial signature",
       [](const Fixture&, PsbtBuilder& b) {
         Bytes key{psbt_in::partial_sig};
         key.resize(34, 0x02);
         test::set(b.draft.input_fields[0], key, Bytes(71, 1));
       }},
      {"psbt-input-signed", "a final witness",
       [](const Fixture&, PsbtBuilder& b) {
         test::set(b.draft.input_fields[0], {psbt_in::final_script_witness}, Bytes(10, 1));
       }},
      {"psbt-input-signed", "a final scriptSig",
       [](const Fixture&, PsbtBuilder& b) {
         test::set(b.draft.input_fields[1], {psbt_in::final_script_sig}, Bytes(10, 1));
       }},
      {"psbt-input-signed", "a taproot signature",
       [](const Fixture&, PsbtBuilder& b) {
         test::set(b.draft.input_fields[1], {psbt_in::tap_key_sig}, Bytes(64, 1));
       }},
      {"psbt-input-signed", "a tapscript signature",
       [](const Fixture&, PsbtBuilder& b) {
         Bytes key{psbt_in::tap_script_sig};
         key.resize(65, 0x02);
         test::set(b.draft.input_fields[1], key, Bytes(64, 1));
       }},
      {"psbt-input-nested", "a redeem script",
       [](const Fixture&, PsbtBuilder& b) {
         test::set(b.draft.input_fields[0], {psbt_in::redeem_script}, b.derive(v0_coin).script);
       }},
      {"psbt-input-nested", "a witness script",
       [](const Fixture&, PsbtBuilder& b) {
         test::set(b.draft.input_fields[0], {psbt_in::witness_script}, Bytes{0x51});
       }},
      {"psbt-sighash", "NONE", [](const Fixture&, PsbtBuilder& b) { set_sighash(b, 0, 0x02); }},
      {"psbt-sighash", "SINGLE", [](const Fixture&, PsbtBuilder& b) { set_sighash(b, 1, 0x03); }},
      {"psbt-sighash", "ALL with ANYONECANPAY",
       [](const Fixture&, PsbtBuilder& b) { set_sighash(b, 0, 0x81); }},
      {"psbt-sighash", "NONE with ANYONECANPAY",
       [](const Fixture&, PsbtBuilder& b) { set_sighash(b, 1, 0x82); }},
      {"psbt-sighash", "SINGLE with ANYONECANPAY",
       [](const Fixture&, PsbtBuilder& b) { set_sighash(b, 1, 0x83); }},
      {"psbt-sighash", "DEFAULT for segwit v0",
       [](const Fixture&, PsbtBuilder& b) { set_sighash(b, 0, 0x00); }},
      {"psbt-sighash", "ALL with a bit above the first byte",
       [](const Fixture&, PsbtBuilder& b) { set_sighash(b, 0, 0x101); }},
      {"psbt-amount", "an output over 21 million BTC",
       [](const Fixture&, PsbtBuilder& b) { b.draft.outputs[0].amount_sats = amount_sats_max + 1; }},
      {"psbt-amount", "outputs whose sum wraps around 64 bits",
       [](const Fixture&, PsbtBuilder& b) {
         b.draft.outputs[0].amount_sats = 0xffff'ffff'ffff'ffff - 148'000'000;
       }},
      {"psbt-amount", "outputs that are 21 million BTC each",
       [](const Fixture&, PsbtBuilder& b) {
         b.draft.outputs[0].amount_sats = amount_sats_max;
         b.draft.outputs[1].amount_sats = amount_sats_max;
       }},
      {"psbt-amount", "inputs over 21 million BTC in sum",
       [](const Fixture&, PsbtBuilder& b) {
         test::remove(b.draft.input_fields[1], psbt_in::non_witness_utxo);
         claim(b, 1, amount_sats_max, b.derive(taproot_coin).script);
       }},
      {"psbt-amount", "more out than in",
       [](const Fixture&, PsbtBuilder& b) { b.draft.outputs[0].amount_sats += 1'000'001; }},
      {"psbt-fee", "a fee of a satoshi over 0.1 BTC",
       [](const Fixture&, PsbtBuilder& b) { b.draft.outputs[0].amount_sats -= 9'000'001; }},
      {"psbt-fee-rate", "a small transaction that burns 10,001 satoshi per vbyte",
       [](const Fixture&, PsbtBuilder& b) {
         remove_all_inputs(b);
         b.spend(v0_coin, 2'000'000);
         b.draft.outputs = {
             {.amount_sats = 2'000'000 - 110 * 10'000 - 1, .script = make_witness_script(0, Bytes(20, 1))}};
         b.draft.output_fields.resize(1);
         b.draft.output_fields[0].clear();
       }},
  };
  return list;
}

TEST_CASE_FIXTURE(Fixture, "every hard rule refuses its attack by its own tag") {
  check_each(attacks(), make());
}

TEST_CASE_FIXTURE(Fixture, "what is just inside the caps is accepted, and each cap holds by itself") {
  PsbtBuilder builder = make();
  builder.draft.outputs[0].amount_sats -= 9'000'000;  // a fee of exactly 0.1 BTC
  // 0.1 BTC over some 300 vbytes is above the rate cap, so the rate is what refuses it.
  CHECK(tag_of(builder.draft) == "psbt-fee-rate");

  PsbtBuilder rate(wallet.own_keys(curve));
  rate.spend(v0_coin, 2'000'000).pay(make_witness_script(0, Bytes(20, 1)), 2'000'000 - 110 * 10'000);
  CHECK(tag_of(rate.draft) == "accepted");

  PsbtBuilder large(wallet.own_keys(curve));
  for (std::uint32_t i = 0; i < 20; ++i)
    large.spend({.account = 0, .branch = Branch::receive, .index = i}, 1'000'000);
  large.pay(stranger, 10'000'000);
  CHECK(tag_of(large.draft) == "accepted");
  large.draft.outputs[0].amount_sats -= 1;
  CHECK(tag_of(large.draft) == "psbt-fee");
}

TEST_CASE_FIXTURE(Fixture, "a v0 input is accepted without witness_utxo, as its parent proves it") {
  PsbtBuilder builder = make();
  test::remove(builder.draft.input_fields[0], psbt_in::witness_utxo);
  CHECK(tag_of(builder.draft) == "accepted");
}

TEST_CASE_FIXTURE(Fixture, "SIGHASH_ALL and DEFAULT are accepted where their scripts have them") {
  PsbtBuilder builder = make();
  set_sighash(builder, 0, 1);
  set_sighash(builder, 1, 1);
  auto reviewed = review(builder.draft);
  REQUIRE(reviewed.has_value());
  CHECK(reviewed->inputs[1].sighash == SighashType::all);
  PsbtBuilder with_default = make();
  set_sighash(with_default, 1, 0);
  reviewed = review(with_default.draft);
  REQUIRE(reviewed.has_value());
  CHECK(reviewed->inputs[1].sighash == SighashType::taproot_default);
}

TEST_CASE_FIXTURE(Fixture, "an output that only claims to be change is a payment") {
  const auto outflow_of = [this](const std::function<void(PsbtBuilder&)>& change) {
    PsbtBuilder builder = make();
    change(builder);
    const auto reviewed = review(builder.draft);
    REQUIRE(reviewed.has_value());
    std::uint64_t output_sats = reviewed->change_sats;
    for (const Destination& destination : reviewed->destinations) output_sats += destination.amount_sats;
    CHECK(output_sats == reviewed->input_sats - reviewed->fee_sats);
    return reviewed->outflow_sats;
  };
  CHECK(outflow_of([](PsbtBuilder&) {}) == 160'000'000);
  // The attacker's script, with the path of our change beside it.
  CHECK(outflow_of([](PsbtBuilder& b) {
          b.draft.outputs[1].script = make_witness_script(0, Bytes(20, 0xee));
        }) == 260'000'000);
  CHECK(outflow_of([](PsbtBuilder& b) {
          b.draft.outputs[2].script = make_witness_script(1, Bytes(32, 0xee));
        }) == 200'000'000);
  // Change of another wallet of the same shape.
  CHECK(outflow_of([this](PsbtBuilder& b) {
          PsbtBuilder other(other_wallet.own_keys(curve));
          other.pay_own(v0_change, 100'000'000);
          b.draft.outputs[1] = other.draft.outputs[0];
          b.draft.output_fields[1] = other.draft.output_fields[0];
        }) == 260'000'000);
  // Our key in a script form of another account: a coin our descriptors do not find.
  CHECK(outflow_of([](PsbtBuilder& b) {
          b.draft.outputs[1].script = make_p2pkh(ByteView(b.derive(v0_change).script).subspan(2));
        }) == 260'000'000);
  // Change without its path cannot be told from a payment.
  CHECK(outflow_of([](PsbtBuilder& b) { b.draft.output_fields[1].clear(); }) == 260'000'000);
}

TEST_CASE_FIXTURE(Fixture, "change and own addresses count only up to the highest index allowed") {
  for (const std::uint32_t index : {index_max, index_max + 1}) {
    CAPTURE(index);
    PsbtBuilder builder(wallet.own_keys(curve));
    builder.spend(v0_coin, 100'000'000);
    builder.pay_own({.account = 0, .branch = Branch::change, .index = index}, 50'000'000);
    builder.pay_own({.account = 0, .branch = Branch::receive, .index = index}, 49'900'000);
    const auto reviewed = review(builder.draft);
    REQUIRE(reviewed.has_value());
    CHECK(reviewed->change_sats == (index == index_max ? 50'000'000 : 0));
    CHECK(reviewed->destinations.back().is_self == (index == index_max));
  }
}

TEST_CASE_FIXTURE(Fixture, "a path is a hint only in the exact form of an account of ours") {
  // Offsets of the five steps in the value of a v0 derivation, after the fingerprint.
  for (std::size_t byte = 0; byte < 4 + 5 * 4; ++byte) {
    CAPTURE(byte);
    PsbtBuilder builder = make();
    test::find(builder.draft.input_fields[0], psbt_in::bip32_derivation)->value[byte] ^= 0x01U;
    CHECK(tag_of(builder.draft) == "psbt-input-foreign");
  }
  for (const std::size_t size : {20U, 28U}) {
    PsbtBuilder builder = make();
    test::find(builder.draft.input_fields[0], psbt_in::bip32_derivation)->value.resize(size);
    CHECK(tag_of(builder.draft) == "psbt-input-foreign");
  }
}

TEST_CASE_FIXTURE(Fixture, "inputs that share a parent are each proved by it") {
  PsbtBuilder builder(wallet.own_keys(curve));
  std::vector<PsbtBuilder::Coin> coins;
  for (std::uint32_t i = 0; i < 50; ++i)
    coins.push_back(
        {.path = {.account = i % 2, .branch = Branch::receive, .index = i}, .amount_sats = 1'000'000 + i});
  builder.spend(coins).pay(stranger, 49'000'000);
  const auto reviewed = review(builder.draft);
  REQUIRE(reviewed.has_value());
  for (std::size_t i = 0; i < coins.size(); ++i)
    CHECK(reviewed->inputs[i].amount_sats == coins[i].amount_sats);

  // One input brings other bytes of the right size: it is not taken for the parent that was hashed before.
  Bytes& parent = test::find(builder.draft.input_fields[30], psbt_in::non_witness_utxo)->value;
  parent[6] ^= 1U;
  CHECK(tag_of(builder.draft) == "psbt-parent-mismatch");
}

TEST_CASE_FIXTURE(Fixture, "only the first hint that names a path of ours is tried") {
  PsbtBuilder builder = make();
  // A cosigner's derivation, with a fingerprint of its own, does not stand in the way.
  test::Field foreign = *test::find(builder.draft.input_fields[0], psbt_in::bip32_derivation);
  foreign.key.back() ^= 1U;
  foreign.value[0] ^= 1U;
  auto& fields = builder.draft.input_fields[0];
  fields.insert(fields.begin(), foreign);
  CHECK(tag_of(builder.draft) == "accepted");
  // A wrong path of ours before the right one: refused, at the price of one derivation.
  fields.front().value[0] ^= 1U;
  fields.front().value[20] ^= 1U;
  CHECK(tag_of(builder.draft) == "psbt-input-foreign");
}

}  // namespace
}  // namespace ben::bitcoin
