// Signature hashes against the vectors of BIP 143 and BIP 341.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "bitcoin/curve.hpp"
#include "bitcoin/script.hpp"
#include "bitcoin/sighash.hpp"
#include "core/bitcoin/bip_text.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "vectors.hpp"
#include "watch/derivation.hpp"

namespace ben::bitcoin {
namespace {

using test::word_after;

TEST_CASE("segwit v0 hashes for SIGHASH_ALL are those of BIP 143") {
  const auto text = ben::test::read_vectors("bips/bip-0143-test-vectors.txt");
  if (!text) return;
  std::size_t hashes = 0;
  std::size_t out_of_scope = 0;  // NONE, SINGLE and ANYONECANPAY: never signed, so never hashed
  // Each example gives an unsigned transaction; each preimage below it the fields of one input.
  std::string_view rest = *text;
  for (std::size_t at = rest.find("sigHash:"); at != std::string_view::npos;
       at = rest.find("sigHash:", at + 1)) {
    const std::string_view before = rest.substr(0, at);
    const std::string_view preimage = before.substr(before.rfind("hash preimage"));
    CAPTURE(at);
    const bool is_all = word_after(before.substr(before.rfind("nHashType:")), "nHashType") == "01000000" &&
                        word_after(preimage, "scriptCode:") != "(see";
    if (!is_all) {
      ++out_of_scope;
      continue;
    }
    std::string_view example = before.substr(before.rfind("unsigned transaction:") + 21);
    example = example.substr(example.find_first_not_of(" \n"));
    const Bytes bytes = *parse_hex(example.substr(0, example.find_first_of(" \n")));
    const auto transaction = parse_transaction(bytes, TransactionForm::stripped);
    REQUIRE(transaction.has_value());
    const Bytes outpoint = *parse_hex(word_after(preimage, "outpoint:"));
    const Bytes code = *parse_hex(word_after(preimage, "scriptCode:"));
    const Bytes amount = *parse_hex(word_after(preimage, "amount:"));
    Reader code_reader(code);
    Reader amount_reader(amount);
    std::vector<TransactionOutput> spent(transaction->inputs.size());
    std::size_t input = spent.size();
    for (std::size_t i = 0; i < spent.size(); ++i) {
      if (equal(transaction->inputs[i].previous_output.txid, ByteView(outpoint).first(32))) input = i;
    }
    REQUIRE(input < spent.size());
    spent[input].amount_sats = amount_reader.u64_le();
    const Hash256 hash = SignatureHasher(*transaction, spent).segwit_v0(input, read_sized(code_reader));
    CHECK(encode_hex(hash) == word_after(rest.substr(at), "sigHash"));
    ++hashes;
  }
  CHECK(hashes == 4);
  CHECK(out_of_scope == 9);
}

TEST_CASE("BIP 143's native P2WPKH example is signed byte for byte") {
  const Curve curve{test::fill_secret(1)};
  const Bytes bytes = *parse_hex(
      "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffffef51e1b804"
      "cc89d1"
      "82d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df3"
      "78db99"
      "f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac110000"
      "00");
  const auto transaction = parse_transaction(bytes, TransactionForm::stripped);
  REQUIRE(transaction.has_value());
  const Bytes script = *parse_hex("00141d0f172a0ecb48aee1be1f2687d2963ae33f71a1");
  const std::array<TransactionOutput, 2> spent{TransactionOutput{625'000'000, {}},
                                               TransactionOutput{600'000'000, script}};
  const Hash256 hash =
      SignatureHasher(*transaction, spent).segwit_v0(1, make_p2pkh(ByteView(script).subspan(2)));
  CHECK(encode_hex(hash) == "c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670");
  const auto key = curve.to_private_key(Secret<32>(
      to_array<32>(*parse_hex("619c335025c7f4012e556c2a58b2506e30b8511b53ade95ea316fd8c3286feb9"))));
  REQUIRE(key.has_value());
  CHECK(encode_hex(*curve.sign_ecdsa(*key, curve.public_key(*key), hash)) ==
        "304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a"
        "0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee");
}

TEST_CASE("before segwit a signature covers the transaction with the spent script as its input's scriptSig") {
  // More inputs than a compact size of one byte can count.
  std::vector<test::DraftInput> inputs(300);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    inputs[i].previous_output = {.txid = sha256(as_bytes("a")), .index = static_cast<std::uint32_t>(i)};
  const std::vector<test::DraftOutput> outputs{{.amount_sats = 5, .script = make_p2sh(Bytes(20, 7))}};
  const Bytes bytes = test::encode_stripped(2, inputs, outputs, 77);
  const auto transaction = parse_transaction(bytes, TransactionForm::stripped);
  REQUIRE(transaction.has_value());
  const std::vector<TransactionOutput> spent(inputs.size());
  const SignatureHasher hasher(*transaction, spent);
  for (const std::size_t input : {0U, 1U, 252U, 299U}) {
    CAPTURE(input);
    const Script script = make_p2pkh(Bytes(20, static_cast<std::uint8_t>(input)));
    auto with_script = inputs;
    with_script[input].script_sig = script;
    Bytes preimage = test::encode_stripped(2, with_script, outputs, 77);
    preimage.insert(preimage.end(), {1, 0, 0, 0});
    CHECK(hasher.legacy(input, script) == sha256d(preimage));
  }
}

TEST_CASE("BIP 174's finalized P2PKH input has a signature over our hash of it") {
  const auto text = ben::test::read_vectors("bips/bip-0174-psbt-cases.json");
  if (!text) return;
  const Curve curve{test::fill_secret(1)};
  std::size_t cases = 0;
  for (const auto& c : nlohmann::json::parse(*text)) {
    if (!c["case"].get<std::string>().starts_with(
            "PSBT with one P2PKH input and one P2SH-P2WPKH input. First"))
      continue;
    ++cases;
    const auto psbt = Psbt::parse(*parse_base64(c["psbt"].get<std::string>()));
    REQUIRE(psbt.has_value());
    const PsbtField* const final_script = find_field(psbt->input(0), psbt_in::final_script_sig);
    REQUIRE(final_script != nullptr);
    Reader pushes(final_script->value);
    const ByteView signature = read_sized(pushes);
    const ByteView key = read_sized(pushes);
    REQUIRE(pushes.finish("psbt-form", "").has_value());
    const std::vector<TransactionOutput> spent(psbt->transaction().inputs.size());
    const Hash256 hash = SignatureHasher(psbt->transaction(), spent).legacy(0, make_p2pkh(hash160(key)));
    CHECK(curve.verify_ecdsa(*watch::parse_public_key(curve, key), hash,
                             signature.first(signature.size() - 1)));
    CHECK(signature.back() == 1);
  }
  CHECK(cases == 1);
}

Bytes bytes_of(const nlohmann::json& value) { return *parse_hex(value.get<std::string>()); }

TEST_CASE("taproot key path hashes and signatures for DEFAULT and ALL are those of BIP 341") {
  const auto text = ben::test::read_vectors("bips/bip-0341/wallet-test-vectors.json");
  if (!text) return;
  const Curve curve{test::fill_secret(1)};
  const auto vectors = nlohmann::json::parse(*text);
  std::size_t hashes = 0;
  std::size_t other_types = 0;
  std::size_t tweaks = 0;
  for (const auto& example : vectors["keyPathSpending"]) {
    const Bytes bytes = bytes_of(example["given"]["rawUnsignedTx"]);
    const auto transaction = parse_transaction(bytes, TransactionForm::stripped);
    REQUIRE(transaction.has_value());
    std::vector<Bytes> scripts;
    std::vector<TransactionOutput> spent;
    for (const auto& utxo : example["given"]["utxosSpent"]) scripts.push_back(bytes_of(utxo["scriptPubKey"]));
    for (const auto& utxo : example["given"]["utxosSpent"])
      spent.push_back({utxo["amountSats"].get<std::uint64_t>(), scripts[spent.size()]});
    const SignatureHasher hasher(*transaction, spent);
    for (const auto& c : example["inputSpending"]) {
      const std::size_t input = c["given"]["txinIndex"];
      const unsigned type = c["given"]["hashType"];
      CAPTURE(input);
      const auto internal =
          curve.to_private_key(Secret<32>(to_array<32>(bytes_of(c["given"]["internalPrivkey"]))));
      REQUIRE(internal.has_value());
      const auto tweaked = bytes_of(c["intermediary"]["tweakedPrivkey"]);
      if (c["given"]["merkleRoot"].is_null()) {
        ++tweaks;
        const auto output_key = curve.tweak_for_taproot(*internal, curve.public_key(*internal));
        REQUIRE(output_key.has_value());
        CHECK(equal(output_key->scalar().expose(), tweaked));
      }
      if (type > 1) {
        ++other_types;
        continue;
      }
      ++hashes;
      const Hash256 hash = hasher.taproot_key_path(input, static_cast<SighashType>(type));
      CHECK(encode_hex(hash) == c["intermediary"]["sigHash"].get<std::string>());
      const auto key = curve.to_private_key(Secret<32>(to_array<32>(tweaked)));
      REQUIRE(key.has_value());
      const auto signature = curve.sign_schnorr(*key, ByteView(scripts[input]).subspan(2), hash, Hash256{});
      REQUIRE(signature.has_value());
      const std::string witness = c["expected"]["witness"][0];
      CHECK(encode_hex(*signature) == witness.substr(0, 128));
      CHECK(witness.size() == (type == 0 ? 128 : 130));
    }
  }
  CHECK(hashes == 2);
  CHECK(other_types == 5);
  CHECK(tweaks == 1);
}

TEST_CASE("output keys and addresses without scripts are those of BIP 341") {
  const auto text = ben::test::read_vectors("bips/bip-0341/wallet-test-vectors.json");
  if (!text) return;
  const Curve curve{test::fill_secret(1)};
  std::size_t cases = 0;
  std::size_t with_scripts = 0;
  const auto vectors = nlohmann::json::parse(*text);
  for (const auto& c : vectors["scriptPubKey"]) {
    if (!c["given"]["scriptTree"].is_null()) {
      ++with_scripts;
      continue;
    }
    ++cases;
    const auto internal =
        watch::parse_public_key(curve, *parse_hex("02" + c["given"]["internalPubkey"].get<std::string>()));
    REQUIRE(internal.has_value());
    CHECK(make_witness_script(1, *watch::tweak_for_taproot(curve, *internal)) ==
          bytes_of(c["expected"]["scriptPubKey"]));
  }
  CHECK(cases == 1);
  CHECK(with_scripts == 6);
}

}  // namespace
}  // namespace ben::bitcoin
