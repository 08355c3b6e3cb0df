// Parsing of transactions against Bitcoin Core's vectors, and its strictness.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "vectors.hpp"

namespace ben::bitcoin {
namespace {

Bytes encode_again(const Transaction& transaction) {
  std::vector<test::DraftInput> inputs;
  for (const TransactionInput& input : transaction.inputs)
    inputs.push_back({input.previous_output, to_bytes(input.script_sig), input.sequence});
  std::vector<test::DraftOutput> outputs;
  for (const TransactionOutput& output : transaction.outputs)
    outputs.push_back({output.amount_sats, to_bytes(output.script)});
  return test::encode_stripped(transaction.version, inputs, outputs, transaction.lock_time);
}

struct Counts {
  std::size_t transactions = 0;
  std::size_t with_witness = 0;
  bool operator==(const Counts&) const = default;
};

Counts parse_all(const std::string& text) {
  Counts counts;
  for (const auto& entry : nlohmann::json::parse(text)) {
    if (entry.size() != 3) continue;  // a comment
    CAPTURE(entry[1].get<std::string>());
    ++counts.transactions;
    const Bytes bytes = *parse_hex(entry[1].get<std::string>());
    const auto transaction = parse_transaction(bytes, TransactionForm::any);
    REQUIRE(transaction.has_value());
    const Bytes stripped = encode_again(*transaction);
    CHECK(txid_of(*transaction) == sha256d(stripped));
    if (bytes[4] != 0) {
      CHECK(stripped == bytes);
      CHECK(parse_transaction(bytes, TransactionForm::stripped).has_value());
    } else {
      ++counts.with_witness;
      CHECK_FALSE(parse_transaction(bytes, TransactionForm::stripped).has_value());
      CHECK(parse_transaction(stripped, TransactionForm::stripped).has_value());
    }
  }
  return counts;
}

TEST_CASE("every valid transaction of Bitcoin Core's vectors parses, and its parts make it again") {
  const auto text = ben::test::read_vectors("core/tx_valid.json");
  if (!text) return;
  CHECK(parse_all(*text) == Counts{.transactions = 121, .with_witness = 28});
}

// They break a rule of scripts or of values, which parsing does not judge: a review sums and caps the values.
TEST_CASE("every invalid transaction of Bitcoin Core's vectors is well formed: it parses like a valid one") {
  const auto text = ben::test::read_vectors("core/tx_invalid.json");
  if (!text) return;
  CHECK(parse_all(*text) == Counts{.transactions = 93, .with_witness = 13});
}

TEST_CASE("a transaction cut or lengthened anywhere is malformed") {
  // BIP 143's signed P2WPKH example: legacy and witness inputs.
  const Bytes valid = *parse_hex(
      "01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b"
      "9d1dc2"
      "6ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede9"
      "44ccf4"
      "ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ff"
      "ffffff"
      "02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42db"
      "ee7e4d"
      "be6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f0"
      "1cc44a"
      "0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7a"
      "cafcdb"
      "3566bb0ad253f62fc70f07aeee635711000000");
  REQUIRE(parse_transaction(valid, TransactionForm::any).has_value());
  for (std::size_t size = 0; size < valid.size(); ++size) {
    CAPTURE(size);
    const auto cut = parse_transaction(ByteView(valid).first(size), TransactionForm::any);
    REQUIRE_FALSE(cut.has_value());
    CHECK(cut.error().code == ErrorCode::malformed);
    CHECK(cut.error().tag.view() == "psbt-transaction");
  }
  Bytes longer = valid;
  longer.push_back(0);
  CHECK_FALSE(parse_transaction(longer, TransactionForm::any).has_value());
  Bytes other_flag = valid;
  other_flag[5] = 2;
  CHECK_FALSE(parse_transaction(other_flag, TransactionForm::any).has_value());
}

TEST_CASE("a witness form in which no input has a witness is malformed") {
  const test::DraftInput input;
  const test::DraftOutput output;
  Bytes bytes = test::encode_stripped(2, std::span(&input, 1), std::span(&output, 1), 0);
  REQUIRE(parse_transaction(bytes, TransactionForm::any).has_value());
  const std::array<std::uint8_t, 2> marker{0, 1};
  bytes.insert(bytes.begin() + 4, marker.begin(), marker.end());
  bytes.insert(bytes.end() - 4, 0);
  CHECK_FALSE(parse_transaction(bytes, TransactionForm::any).has_value());
  bytes[bytes.size() - 5] = 1;  // a stack of one empty item
  bytes.insert(bytes.end() - 4, 0);
  CHECK(parse_transaction(bytes, TransactionForm::any).has_value());
}

TEST_CASE("a compact size has one form") {
  for (const std::uint64_t value : {0ULL, 0xfcULL, 0xfdULL, 0xffffULL, 0x10000ULL, 0xffffffffULL}) {
    CAPTURE(value);
    Writer writer;
    write_compact_size(writer, value);
    Reader reader(writer.view());
    CHECK(read_compact_size(reader) == value);
    CHECK_FALSE(reader.failed());
    CHECK(reader.remaining() == 0);
  }
  for (const char* text : {"fdfc00", "fd0000", "feffff0000", "fefd000000", "ffffffffff00000000", "fd", "fdff",
                           "fe000001", "ff00000001000000"}) {
    CAPTURE(text);
    const Bytes bytes = *parse_hex(text);
    Reader reader(bytes);
    CHECK(read_compact_size(reader) == 0);
    CHECK(reader.failed());
  }
  const Bytes large = *parse_hex("ff0000000001000000");
  Reader reader(large);
  CHECK(read_compact_size(reader) == 0x1'0000'0000);
}

TEST_CASE("a count larger than the bytes could hold is refused before memory is taken for it") {
  for (const char* count : {"feffffffff", "ffffffffffffffff7f", "ffffffffffffffffff", "fdffff"}) {
    CAPTURE(count);
    CHECK_FALSE(
        parse_transaction(*parse_hex("02000000" + std::string(count) + "00000000"), TransactionForm::any)
            .has_value());
    CHECK_FALSE(parse_transaction(*parse_hex("0200000000" + std::string(count)), TransactionForm::stripped)
                    .has_value());
  }
}

}  // namespace
}  // namespace ben::bitcoin
