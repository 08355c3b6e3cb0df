// Addresses, base58 and bech32 against BIP 173, BIP 350 and Bitcoin Core's vectors.
#include <array>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "bitcoin/address.hpp"
#include "bitcoin/encoding.hpp"
#include "core/bitcoin/bip_text.hpp"
#include "vectors.hpp"

namespace ben::bitcoin {
namespace {

using ben::test::read_vectors;
using test::code_of;
using test::lines_between;

constexpr std::array networks{Network::main, Network::test, Network::testnet4, Network::signet,
                              Network::regtest};

bool has_own_form(ByteView script) { return purpose_of(script).has_value() || is_p2wsh(script); }

std::string flip_case(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    } else if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return text;
}

TEST_CASE("base58 turns bytes into the text of Bitcoin Core's vectors and back") {
  const auto text = read_vectors("core/base58_encode_decode.json");
  if (!text) return;
  std::size_t cases = 0;
  std::size_t over_limit = 0;
  for (const auto& pair : nlohmann::json::parse(*text)) {
    std::string hex = pair[0];
    for (char& c : hex) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    const Bytes bytes = *parse_hex(hex);
    const std::string encoded = pair[1];
    ++cases;
    CHECK(encode_base58(bytes) == encoded);
    const auto parsed = parse_base58(encoded);
    if (encoded.size() > base58_chars_max) {
      ++over_limit;
      CHECK_FALSE(parsed.has_value());
      continue;
    }
    REQUIRE(parsed.has_value());
    CHECK(*parsed == bytes);
  }
  CHECK(cases == 21);
  CHECK(over_limit == 1);  // far longer than anything this project reads
}

TEST_CASE("base58 refuses what is not of its alphabet, and base58check a wrong character anywhere") {
  for (const char* text : {"0", "O", "I", "l", "a b", " a", "\x80"})
    CHECK_FALSE(parse_base58(text).has_value());
  CHECK_FALSE(parse_base58(std::string(base58_chars_max + 1, '1')).has_value());
  CHECK_FALSE(parse_base58check("").has_value());
  CHECK(parse_base58check("3QJmnh").has_value());  // the empty payload and its checksum
  std::string address = encode_base58check(Bytes(21, 7));
  for (char& c : address) {
    const char original = c;
    c = original == 'z' ? '2' : 'z';
    CHECK_FALSE(parse_base58check(address).has_value());
    c = original;
  }
}

// The lists of BIP 173 and BIP 350: lines that start with "* <tt>".
struct BechCase {
  std::string text;
  std::string script;
};

std::vector<BechCase> cases_of(std::string_view text, std::string_view start, std::string_view end) {
  std::vector<BechCase> cases;
  for (const std::string& line : lines_between(text, start, end)) {
    const auto code = code_of(line);
    if (!line.starts_with("* ") || code.empty()) continue;
    BechCase c{.text = code[0], .script = code.size() > 1 ? code[1] : ""};
    if (line.starts_with("* 0x"))
      c.text.insert(0, 1, static_cast<char>(std::stoi(line.substr(4, 2), nullptr, 16)));
    if (line.find("+ 0xFF") != std::string::npos) c.text.push_back('\xff');
    cases.push_back(c);
  }
  return cases;
}

void check_strings(std::string_view text, Bech32Variant variant, std::string_view valid,
                   std::string_view invalid, std::size_t valid_count, std::size_t invalid_count) {
  const auto good = cases_of(text, valid, "not valid");
  CHECK(good.size() == valid_count);
  for (const BechCase& c : good) {
    CAPTURE(c.text);
    const auto parsed = parse_bech32(c.text);
    REQUIRE(parsed.has_value());
    CHECK(parsed->variant == variant);
    const std::string lower = encode_bech32(*parsed);
    CHECK((lower == c.text || lower == flip_case(c.text)));
  }
  const auto bad = cases_of(text, invalid, "The following list gives valid");
  CHECK(bad.size() == invalid_count);
  for (const BechCase& c : bad) {
    CAPTURE(c.text);
    const auto parsed = parse_bech32(c.text);
    CHECK((!parsed || parsed->variant != variant));
  }
}

void check_addresses(std::string_view text, std::string_view end, bool is_bip173, std::size_t valid_count,
                     std::size_t invalid_count) {
  std::size_t superseded = 0;
  const auto good = cases_of(text, "The following list gives valid", "The following list gives invalid");
  CHECK(good.size() == valid_count);
  for (const BechCase& c : good) {
    CAPTURE(c.text);
    const Network network = c.text[0] == 't' ? Network::test : Network::main;
    const auto script = parse_address(network, c.text);
    // BIP 350 took versions 1 to 16 over to another checksum.
    if (is_bip173 && !c.script.starts_with("00")) {
      ++superseded;
      CHECK_FALSE(script.has_value());
      continue;
    }
    REQUIRE(script.has_value());
    CHECK(encode_hex(*script) == c.script);
    if (!has_own_form(*script)) continue;
    const auto encoded = encode_address(network, *script);
    REQUIRE(encoded.has_value());
    CHECK((*encoded == c.text || *encoded == flip_case(c.text)));
  }
  CHECK(superseded == (is_bip173 ? 3 : 0));
  const auto bad = cases_of(text, "The following list gives invalid", end);
  CHECK(bad.size() == invalid_count);
  for (const BechCase& c : bad) {
    CAPTURE(c.text);
    for (const Network network : networks) CHECK_FALSE(parse_address(network, c.text).has_value());
  }
}

TEST_CASE("bech32 strings and addresses are those of BIP 173") {
  const auto text = read_vectors("bips/bip-0173-test-vectors.txt");
  if (!text) return;
  check_strings(*text, Bech32Variant::bech32, "are valid Bech32", "not valid Bech32", 7, 12);
  check_addresses(*text, "", true, 6, 10);
}

TEST_CASE("bech32m strings and addresses are those of BIP 350") {
  const auto text = read_vectors("bips/bip-0350-test-vectors.txt");
  if (!text) return;
  check_strings(*text, Bech32Variant::bech32m, "are valid Bech32m", "not valid Bech32m", 7, 14);
  check_addresses(*text, "", false, 8, 15);
}

TEST_CASE(
    "addresses of every network give the scripts of Bitcoin Core's vectors, and only on their network") {
  const auto text = read_vectors("core/key_io_valid.json");
  if (!text) return;
  std::size_t addresses = 0;
  std::size_t encoded_again = 0;
  std::size_t private_keys = 0;  // WIF: the signer has no use for it
  for (const auto& entry : nlohmann::json::parse(*text)) {
    const std::string address = entry[0];
    CAPTURE(address);
    if (entry[2]["isPrivkey"].get<bool>()) {
      ++private_keys;
      for (const Network network : networks) CHECK_FALSE(parse_address(network, address).has_value());
      continue;
    }
    ++addresses;
    const auto network = parse_network(entry[2]["chain"].get<std::string>());
    REQUIRE(network.has_value());
    const auto script = parse_address(*network, address);
    REQUIRE(script.has_value());
    CHECK(encode_hex(*script) == entry[1].get<std::string>());
    const Network other = *network == Network::main ? Network::test : Network::main;
    CHECK_FALSE(parse_address(other, address).has_value());
    if (entry[2].value("tryCaseFlip", false)) CHECK(*parse_address(*network, flip_case(address)) == *script);
    if (!has_own_form(*script)) continue;
    ++encoded_again;
    CHECK(*encode_address(*network, *script) == address);
  }
  CHECK(addresses == 54);
  CHECK(private_keys == 16);
  CHECK(encoded_again == 46);  // the others are of witness versions that nobody here writes
}

TEST_CASE("what Bitcoin Core's vectors call invalid is no address of any network") {
  const auto text = read_vectors("core/key_io_invalid.json");
  if (!text) return;
  std::size_t cases = 0;
  for (const auto& entry : nlohmann::json::parse(*text)) {
    CAPTURE(entry[0].get<std::string>());
    ++cases;
    for (const Network network : networks)
      CHECK_FALSE(parse_address(network, entry[0].get<std::string>()).has_value());
  }
  CHECK(cases == 70);
}

TEST_CASE("a script of another form has no address") {
  for (const Script& script : {Script{}, Script{0x6a}, make_p2pkh(Bytes(21, 1)), make_p2sh(Bytes(19, 1)),
                               make_witness_script(1, Bytes(20, 1)), make_witness_script(2, Bytes(32, 1))}) {
    CHECK_FALSE(encode_address(Network::main, script).has_value());
  }
}

TEST_CASE("a script has a form only where every byte around its hash or key is that of the form") {
  const ByteArray<33> key{2, 3, 4};
  for (const Purpose purpose : purposes) {
    CAPTURE(static_cast<int>(purpose));
    const bool is_taproot = purpose == Purpose::p2tr;
    const Script script = make_script(purpose, is_taproot ? ByteView(key).subspan(1) : ByteView(key));
    CHECK(purpose_of(script) == purpose);
    const std::size_t hash_bytes = is_taproot ? 32 : 20;
    const std::size_t head_bytes = purpose == Purpose::p2pkh ? 3 : 2;
    for (std::size_t i = 0; i < script.size(); ++i) {
      CAPTURE(i);
      Script changed = script;
      changed[i] ^= 1U;
      CHECK((purpose_of(changed) == purpose) == (i >= head_bytes && i < head_bytes + hash_bytes));
    }
    Script longer = script;
    longer.push_back(0);
    CHECK_FALSE(purpose_of(longer).has_value());
    CHECK_FALSE(purpose_of(ByteView(script).first(script.size() - 1)).has_value());
  }
}

TEST_CASE("a network has one name, and its parameters") {
  for (const Network network : networks) CHECK(*parse_network(parameters_of(network).name) == network);
  for (const char* name : {"", "mainnet", "Main", "testnet", "bitcoin"})
    CHECK_FALSE(parse_network(name).has_value());
  CHECK(parameters_of(Network::main).coin_type == 0);
  CHECK(parameters_of(Network::testnet4).coin_type == 1);
  CHECK(parameters_of(Network::regtest).bech32_hrp == "bcrt");
}

}  // namespace
}  // namespace ben::bitcoin
