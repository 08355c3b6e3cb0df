// Parsing of PSBTs against BIP 174, BIP 370 and BIP 371, and its strictness.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "bitcoin/review.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "vectors.hpp"

namespace ben::bitcoin {
namespace {

using test::PsbtBuilder;

std::string tag_of(const Result<Psbt>& psbt) {
  return psbt ? "parsed" : std::string(psbt.error().tag.view());
}

void check_round_trip(const Bytes& bytes) {
  const auto psbt = Psbt::parse(bytes);
  REQUIRE(psbt.has_value());
  CHECK(psbt->bytes() == bytes);
  CHECK(test::encode_maps(*psbt, psbt->global()) == bytes);
  CHECK(psbt->encode_with({}) == bytes);
}

// What a case of BIP 174 that is to be refused is refused for: most have a key of a wrong size.
std::string expected_refusal(const std::string& name) {
  if (name == "Network transaction, not PSBT format") return "psbt-magic";
  if (name == "PSBT missing outputs") return "psbt-form";
  if (name == "PSBT with duplicate keys in an input") return "psbt-duplicate-key";
  return name.ends_with("typed key") ? "psbt-field" : "psbt-transaction";
}

TEST_CASE(
    "BIP 174's cases: what is valid comes back byte for byte, what is invalid is refused for its flaw") {
  const auto text = ben::test::read_vectors("bips/bip-0174-psbt-cases.json");
  if (!text) return;
  const Curve curve{test::fill_secret(1)};
  const Wallet wallet = test::make_wallet(curve);
  std::size_t valid = 0;
  std::size_t invalid = 0;
  std::size_t signer_checks = 0;
  for (const auto& c : nlohmann::json::parse(*text)) {
    CAPTURE(c["case"].get<std::string>());
    const Bytes bytes = *parse_base64(c["psbt"].get<std::string>());
    const std::string kind = c["kind"];
    if (kind == "invalid") {
      ++invalid;
      CHECK(tag_of(Psbt::parse(bytes)) == expected_refusal(c["case"]));
      continue;
    }
    check_round_trip(bytes);
    ++valid;
    if (kind != "Fails Signer checks") continue;
    // The three that have a foreign script have a signature as well, which our rules look at first.
    ++signer_checks;
    valid -= 1;
    const auto reviewed = review_psbt(wallet.own_keys(curve), *Psbt::parse(bytes), 10'000);
    REQUIRE_FALSE(reviewed.has_value());
    const bool lacks_parent = c["case"] == "A Witness UTXO is provided for a non-witness input";
    CHECK(reviewed.error().tag.view() == (lacks_parent ? "psbt-missing-parent" : "psbt-input-signed"));
  }
  CHECK(invalid == 20);
  CHECK(valid == 20);
  CHECK(signer_checks == 4);
}

TEST_CASE("BIP 371's valid cases come back byte for byte") {
  const auto text = ben::test::read_vectors("bips/bip-0371-psbt-cases.json");
  if (!text) return;
  std::size_t valid = 0;
  for (const auto& c : nlohmann::json::parse(*text)) {
    CAPTURE(c["case"].get<std::string>());
    ++valid;
    check_round_trip(*parse_base64(c["psbt"].get<std::string>()));
  }
  CHECK(valid == 6);
}

// What a case of BIP 370 that is to be refused is refused for.
std::string expected_tag(const std::string& name) {
  if (name.find("missing") != std::string::npos) return "psbt-transaction";
  return name.find("LOCKTIME") != std::string::npos && name.starts_with("PSBTv2") ? "psbt-field"
                                                                                  : "psbt-version";
}

TEST_CASE("BIP 370's cases: valid ones come back byte for byte, lock times are as it computes them") {
  const auto text = ben::test::read_vectors("bips/bip-0370-psbt-cases.json");
  if (!text) return;
  std::size_t valid = 0;
  std::size_t invalid = 0;
  std::size_t lock_times = 0;
  for (const auto& c : nlohmann::json::parse(*text)) {
    const std::string name = c["case"];
    const std::string kind = c["kind"];
    CAPTURE(name);
    const Bytes bytes = *parse_base64(c["psbt"].get<std::string>());
    if (kind == "invalid") {
      ++invalid;
      CHECK(tag_of(Psbt::parse(bytes)) == expected_tag(name));
    } else if (kind == "valid") {
      ++valid;
      check_round_trip(bytes);
    } else if (kind.ends_with("cannot be computed:")) {
      ++lock_times;
      CHECK(tag_of(Psbt::parse(bytes)) == "psbt-lock-time");
    } else {
      ++lock_times;
      check_round_trip(bytes);
      const std::uint32_t computed = Psbt::parse(bytes)->transaction().lock_time;
      CHECK(kind.ends_with("computed to be " + std::to_string(computed) + ":"));
    }
  }
  CHECK(valid == 14);
  CHECK(invalid == 24);
  CHECK(lock_times == 10);
}

struct Fixture {
  Curve curve{test::fill_secret(1)};
  Wallet wallet = test::make_wallet(curve);

  [[nodiscard]] PsbtBuilder make() const {
    PsbtBuilder builder(wallet.own_keys(curve));
    builder.spend({0, Branch::receive, 0}, 50'000).spend({1, Branch::receive, 1}, 60'000);
    builder.pay(make_p2pkh(Bytes(20, 1)), 70'000).pay_own({1, Branch::change, 0}, 30'000);
    return builder;
  }
};

TEST_CASE_FIXTURE(Fixture, "both versions describe the same transaction") {
  PsbtBuilder builder = make();
  builder.draft.version = 7;
  builder.draft.lock_time = 800'000;
  builder.draft.inputs[1].sequence = 0x12345678;
  for (const std::uint32_t version : {0U, 2U}) {
    builder.draft.psbt_version = version;
    const Psbt psbt = builder.parse();
    CHECK(equal(psbt.transaction_bytes(), builder.draft.unsigned_transaction()));
    CHECK(txid_of(psbt.transaction()) == sha256d(builder.draft.unsigned_transaction()));
    CHECK(psbt.output(1).size() == builder.draft.output_fields[1].size() + (version == 0 ? 0U : 2U));
  }
}

TEST_CASE_FIXTURE(Fixture, "what version 2 may leave out has BIP 370's value") {
  PsbtBuilder builder = make();
  builder.draft.psbt_version = 2;
  builder.draft.lock_time = 55;
  Bytes bytes = builder.draft.encode();
  const auto cut_field = [&bytes](const Bytes& field) {
    const auto found = std::search(bytes.begin(), bytes.end(), field.begin(), field.end());
    REQUIRE(found != bytes.end());
    bytes.erase(found, found + static_cast<std::ptrdiff_t>(field.size()));
  };
  cut_field({1, psbt_global::fallback_lock_time, 4, 55, 0, 0, 0});
  cut_field({1, psbt_in::sequence, 4, 0xfd, 0xff, 0xff, 0xff});
  const auto psbt = Psbt::parse(bytes);
  REQUIRE(psbt.has_value());
  CHECK(psbt->transaction().lock_time == 0);
  CHECK(psbt->transaction().inputs[0].sequence == 0xffffffff);
  CHECK(psbt->transaction().inputs[1].sequence == 0xfffffffd);
}

TEST_CASE_FIXTURE(Fixture, "version 2 has as many maps as it counts, and at most 10,000 of a kind") {
  PsbtBuilder builder = make();
  builder.draft.psbt_version = 2;
  const Bytes valid = builder.draft.encode();
  const auto with_count = [&valid](std::uint8_t type, const Bytes& count) {
    const Bytes field{1, type, 1, 2};
    Bytes bytes = valid;
    const auto found = std::search(bytes.begin(), bytes.end(), field.begin(), field.end());
    REQUIRE(found != bytes.end());
    found[2] = static_cast<std::uint8_t>(count.size());
    bytes.insert(bytes.erase(found + 3), count.begin(), count.end());
    return tag_of(Psbt::parse(bytes));
  };
  CHECK(with_count(psbt_global::input_count, {2}) == "parsed");
  CHECK(with_count(psbt_global::output_count, {1}) == "psbt-form");
  CHECK(with_count(psbt_global::output_count, {3}) == "psbt-form");
  CHECK(with_count(psbt_global::input_count, {1}) ==
        "psbt-transaction");  // an input's map read as an output's
  CHECK(with_count(psbt_global::input_count, {0xfd, 2, 0}) == "psbt-field");  // not of the shortest form
  CHECK(with_count(psbt_global::input_count, {2, 0}) == "psbt-field");
  for (const std::uint8_t type : {psbt_global::input_count, psbt_global::output_count}) {
    CHECK(with_count(type, {0xfd, 0x11, 0x27}) == "psbt-limit");  // 10,001
    CHECK(with_count(type, Bytes(9, 0xff)) == "psbt-limit");
  }
}

TEST_CASE_FIXTURE(Fixture, "a PSBT cut or lengthened anywhere is malformed") {
  for (const std::uint32_t version : {0U, 2U}) {
    CAPTURE(version);
    PsbtBuilder builder = make();
    builder.draft.psbt_version = version;
    const Bytes valid = builder.draft.encode();
    REQUIRE(tag_of(Psbt::parse(valid)) == "parsed");
    for (std::size_t size = 0; size < valid.size(); ++size) {
      CAPTURE(size);
      const auto cut = Psbt::parse(to_bytes(ByteView(valid).first(size)));
      REQUIRE_FALSE(cut.has_value());
      CHECK(cut.error().code == ErrorCode::malformed);
    }
    Bytes longer = valid;
    longer.push_back(0);
    CHECK(tag_of(Psbt::parse(longer)) == "psbt-form");
  }
}

TEST_CASE_FIXTURE(Fixture, "what is unknown is kept byte for byte, in every map and order") {
  PsbtBuilder builder = make();
  test::set(builder.draft.global, {0xfc, 0x03, 'b', 'e', 'n', 0x00}, Bytes(500, 1));
  test::set(builder.draft.global, {0x77}, {});
  auto& fields = builder.draft.input_fields[0];
  fields.insert(fields.begin(), {{0xfd, 0x34, 0x12, 0x01}, Bytes(3, 2)});
  test::set(fields, {0x1a, 0x02}, Bytes(70, 3));
  test::set(builder.draft.output_fields[0], {0xff, 0, 0, 0, 0, 1, 0, 0, 0}, {});
  check_round_trip(builder.draft.encode());
  builder.draft.psbt_version = 2;
  check_round_trip(builder.draft.encode());
}

TEST_CASE_FIXTURE(Fixture, "a key is in a map once") {
  for (const std::size_t map : {0U, 1U, 2U}) {
    CAPTURE(map);
    PsbtBuilder builder = make();
    test::FieldMap& fields = map == 0   ? builder.draft.global
                             : map == 1 ? builder.draft.input_fields[1]
                                        : builder.draft.output_fields[0];
    test::set(fields, {0x66, 0x01}, {1});
    test::set(fields, {0x66}, {1});
    test::set(fields, {0x66, 0x02}, {1});
    CHECK(tag_of(Psbt::parse(builder.draft.encode())) == "parsed");
    test::set(fields, {0x66, 0x01}, {2});
    CHECK(tag_of(Psbt::parse(builder.draft.encode())) == "psbt-duplicate-key");
  }
  PsbtBuilder builder = make();
  test::set(builder.draft.global, {0x00}, builder.draft.unsigned_transaction());
  CHECK(tag_of(Psbt::parse(builder.draft.encode())) == "psbt-duplicate-key");
}

TEST_CASE_FIXTURE(Fixture, "known fields have keys and values of their sizes") {
  const Bytes key33(33, 2);
  const auto keyed = [](std::uint8_t type, std::size_t bytes) {
    Bytes key(bytes + 1, 0x02);
    key[0] = type;
    return key;
  };
  const Bytes leaf{0xc0, 1, 0x51};  // version and script, after the depth
  const auto tree = [&leaf](std::initializer_list<std::uint8_t> depths) {
    Bytes value;
    for (const std::uint8_t depth : depths) {
      value.push_back(depth);
      value.insert(value.end(), leaf.begin(), leaf.end());
    }
    return value;
  };
  Bytes deepest_tree = tree({128, 128});
  for (std::uint8_t depth = 127; depth > 0; --depth) {
    const Bytes next = tree({depth});
    deepest_tree.insert(deepest_tree.end(), next.begin(), next.end());
  }
  const struct {
    int map;  // 0 global, 1 input, 2 output
    Bytes key;
    Bytes value;
    const char* tag;
    std::uint32_t version = 0;
  } cases[] = {
      {0, keyed(0x01, 78), Bytes(8), "parsed"},
      {0, keyed(0x01, 77), Bytes(8), "psbt-field"},
      {0, keyed(0x01, 78), Bytes(7), "psbt-field"},
      {0, {0xfb}, Bytes(4), "parsed"},
      {0, {0xfb}, {0, 0, 0}, "psbt-field"},
      {0, {0xfb}, {1, 0, 0, 0}, "psbt-version"},
      {0, {0xfb}, {2, 0, 0, 0}, "psbt-version"},  // and the transaction of version 0
      {0, {0xfb}, {3, 0, 0, 0}, "psbt-version"},
      {0, {0xfb}, {2, 0, 0, 1}, "psbt-version"},
      {0, {0xfb, 0x00}, Bytes(4), "psbt-field"},
      {0, {0x02}, Bytes(4), "psbt-version"},
      {0, {0x06}, {1}, "psbt-version"},
      {1, {0x0e}, Bytes(32), "psbt-version"},
      {1, {0x12}, Bytes(4), "psbt-version"},
      {2, {0x03}, Bytes(8), "psbt-version"},
      {2, {0x04}, Bytes(8), "psbt-version"},
      {1, {0x00, 0x01}, Bytes(80), "psbt-field"},
      {1, {0x01, 0x01}, Bytes(9), "psbt-field"},
      {1, keyed(0x02, 33), Bytes(71), "parsed"},
      {1, keyed(0x02, 65), Bytes(71), "parsed"},
      {1, keyed(0x02, 32), Bytes(71), "psbt-field"},
      {1, {0x03}, Bytes(4), "parsed"},
      {1, {0x03}, Bytes(3), "psbt-field"},
      {1, {0x03}, Bytes(5), "psbt-field"},
      {1, {0x03, 0x00}, Bytes(4), "psbt-field"},
      {1, {0x04, 0x00}, Bytes(4), "psbt-field"},
      {1, keyed(0x06, 33), Bytes(3), "psbt-field"},
      {1, keyed(0x06, 33), Bytes(6), "psbt-field"},
      {1, keyed(0x06, 31), Bytes(8), "psbt-field"},
      {1, {0x07, 0x00}, Bytes(4), "psbt-field"},
      {1, {0x08, 0x00}, Bytes(4), "psbt-field"},
      {1, {0x13}, Bytes(64), "parsed"},
      {1, {0x13}, Bytes(65), "parsed"},
      {1, {0x13}, Bytes(66), "psbt-field"},
      {1, keyed(0x14, 64), Bytes(63), "psbt-field"},
      {1, keyed(0x14, 32), Bytes(64), "psbt-field"},
      {1, keyed(0x16, 32), Bytes(5), "parsed"},
      {1, keyed(0x16, 33), Bytes(5), "psbt-field"},
      {1, keyed(0x16, 32), Bytes(4), "psbt-field"},
      {1, keyed(0x16, 32), {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0}, "psbt-field"},
      {1, {0x17}, Bytes(31), "psbt-field"},
      {1, {0x18}, Bytes(33), "psbt-field"},
      {2, {0x00, 0x00}, Bytes(4), "psbt-field"},
      {2, keyed(0x02, 34), Bytes(8), "psbt-field"},
      {2, {0x05}, Bytes(33), "psbt-field"},
      {2, keyed(0x07, 31), Bytes(5), "psbt-field"},
      // BIP 370.
      {0, {0x00}, Bytes(10), "psbt-version", 2},
      {0, {0x06}, {0xff}, "parsed", 2},
      {0, {0x06}, {1, 0}, "psbt-field", 2},
      {0, {0x06, 0x00}, {1}, "psbt-field", 2},
      {0, {0x02, 0x00}, Bytes(4), "psbt-field", 2},
      {1, {0x11}, {0x00, 0x65, 0xcd, 0x1d}, "parsed", 2},  // 500,000,000
      {1, {0x11}, {0xff, 0x64, 0xcd, 0x1d}, "psbt-field", 2},
      {1, {0x11}, Bytes(5, 0x60), "psbt-field", 2},
      {1, {0x12}, {0xff, 0x64, 0xcd, 0x1d}, "parsed", 2},
      {1, {0x12}, {0x00, 0x65, 0xcd, 0x1d}, "psbt-field", 2},
      {1, {0x12}, {0, 0, 0, 0}, "psbt-field", 2},
      {1, {0x12}, {1, 0, 0}, "psbt-field", 2},
      {1, {0x12, 0x00}, {1, 0, 0, 0}, "psbt-field", 2},
      {2, {0x03, 0x00}, Bytes(8), "psbt-field", 2},
      {2, {0x04, 0x00}, {}, "psbt-field", 2},
      // BIP 371, beside the cases that it publishes.
      {1, keyed(0x15, 33), {0x51, 0xc0}, "parsed"},
      {1, keyed(0x15, 33), {0xc0}, "parsed"},
      {1, keyed(0x15, 33 + 32 * 128), {0x51, 0xc0}, "parsed"},
      {1, keyed(0x15, 33 + 32 * 129), {0x51, 0xc0}, "psbt-field"},
      {1, keyed(0x15, 1), {0x51, 0xc0}, "psbt-field"},
      {1, keyed(0x15, 33), {}, "psbt-field"},
      {1, keyed(0x15, 33), {0x51, 0xc1}, "psbt-field"},  // a leaf version has no lowest bit
      {1, {0x18}, Bytes(31), "psbt-field"},
      {2, {0x06}, tree({0}), "parsed"},
      {2, {0x06}, tree({1, 1}), "parsed"},
      {2, {0x06}, tree({1, 2, 2}), "parsed"},
      {2, {0x06}, tree({3, 3, 2, 2, 2}), "parsed"},
      {2, {0x06}, deepest_tree, "parsed"},
      {2, {0x06}, {}, "psbt-field"},
      {2, {0x06}, tree({1}), "psbt-field"},  // half a tree
      {2, {0x06}, tree({2, 2}), "psbt-field"},
      {2, {0x06}, tree({0, 0}), "psbt-field"},  // a leaf too many
      {2, {0x06}, tree({1, 1, 1}), "psbt-field"},
      {2, {0x06}, tree({2, 1, 2}), "psbt-field"},  // not in depth-first order
      {2, {0x06}, tree({129, 129}), "psbt-field"},
      {2, {0x06}, {0, 0xc1, 1, 0x51}, "psbt-field"},
      {2, {0x06}, {0, 0xc0, 2, 0x51}, "psbt-field"},  // cut
      {2, {0x06}, {0, 0xc0, 1, 0x51, 0}, "psbt-field"},
      {2, {0x06, 0x00}, tree({0}), "psbt-field"},
      {1, {0xfd, 0x02, 0x00}, {}, "psbt-form"},  // type 2 in a longer form
      {1, {0xfd, 0x02}, {}, "psbt-form"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.map);
    CAPTURE(static_cast<int>(c.key[0]));
    CAPTURE(c.value.size());
    PsbtBuilder builder = make();
    builder.draft.psbt_version = c.version;
    if (c.map == 0) test::set(builder.draft.global, c.key, c.value);
    if (c.map == 1) test::set(builder.draft.input_fields[0], c.key, c.value);
    if (c.map == 2) test::set(builder.draft.output_fields[0], c.key, c.value);
    // A field that the builder wrote would be there twice, which is another error.
    test::remove(builder.draft.input_fields[0], psbt_in::non_witness_utxo);
    if (c.map == 1 && c.key[0] == psbt_in::non_witness_utxo)
      test::set(builder.draft.input_fields[0], c.key, c.value);
    CHECK(tag_of(Psbt::parse(builder.draft.encode())) == c.tag);
  }
}

TEST_CASE_FIXTURE(Fixture, "the unsigned transaction is there, is stripped and has no scriptSig") {
  PsbtBuilder builder = make();
  builder.draft.inputs[0].script_sig = {0x00};
  CHECK(tag_of(Psbt::parse(builder.draft.encode())) == "psbt-transaction");
  CHECK(tag_of(Psbt::parse({'p', 's', 'b', 't', 0xff, 0})) == "psbt-transaction");
  CHECK(tag_of(Psbt::parse({'p', 's', 'b', 't', 0xff, 1, 0xfb, 4, 2, 0, 0, 0, 0})) == "psbt-transaction");
  CHECK(tag_of(Psbt::parse({'p', 's', 'b', 't', 0xfe, 0})) == "psbt-magic");
  CHECK(tag_of(Psbt::parse({})) == "psbt-magic");
}

TEST_CASE_FIXTURE(Fixture, "limits are checked: bytes, inputs, outputs, fields") {
  PsbtBuilder builder = make();
  const std::size_t size = builder.draft.encode().size();
  test::set(builder.draft.global, {0x70}, Bytes(psbt_bytes_max - size - 7));
  CHECK(builder.draft.encode().size() == psbt_bytes_max);
  CHECK(tag_of(Psbt::parse(builder.draft.encode())) == "parsed");
  builder.draft.global[0].value.push_back(0);
  CHECK(tag_of(Psbt::parse(builder.draft.encode())) == "psbt-limit");

  for (const std::size_t count : {psbt_inputs_max, psbt_inputs_max + 1}) {
    CAPTURE(count);
    test::PsbtDraft inputs;
    inputs.psbt_version = count % 2 == 0 ? 2 : 0;
    inputs.inputs.resize(count);
    inputs.input_fields.resize(count);
    CHECK(tag_of(Psbt::parse(inputs.encode())) == (count == psbt_inputs_max ? "parsed" : "psbt-limit"));
    test::PsbtDraft outputs;
    outputs.outputs.resize(count);
    outputs.output_fields.resize(count);
    CHECK(tag_of(Psbt::parse(outputs.encode())) == (count == psbt_outputs_max ? "parsed" : "psbt-limit"));
  }

  test::PsbtDraft fields;
  for (std::size_t i = 1; i < psbt_fields_max; ++i) {
    Writer key;
    key.u8(0xfc).u32_be(static_cast<std::uint32_t>(i * 2'654'435'761U));
    fields.global.push_back({key.take(), {}});
  }
  CHECK(tag_of(Psbt::parse(fields.encode())) == "parsed");
  fields.global.push_back({{0x71}, {}});
  CHECK(tag_of(Psbt::parse(fields.encode())) == "psbt-limit");
}

}  // namespace
}  // namespace ben::bitcoin
