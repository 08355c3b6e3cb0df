// Mnemonics against the published vectors of BIP 39, and down to the addresses of BIP 49, 84 and 86.
#include "bip39/mnemonic.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "bip39/english.hpp"
#include "bitcoin/address.hpp"
#include "bitcoin/bip32.hpp"
#include "bitcoin/encoding.hpp"
#include "core/bitcoin/bip_text.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "vectors.hpp"
#include "watch/descriptor.hpp"

namespace ben::bip39 {
namespace {

constexpr std::string_view abandon =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

std::string_view tag_of(std::string_view text) {
  const auto parsed = Mnemonic::parse(text);
  return parsed ? std::string_view() : parsed.error().tag.view();
}

TEST_CASE("the word list is BIP 39's: 2048 words in order, told apart by four letters") {
  std::string lines;
  for (std::size_t i = 0; i < english_words.size(); ++i) {
    lines.append(english_words[i]).append("\n");
    CHECK(find_word(english_words[i]) == i);
    if (i > 0) CHECK(english_words[i - 1].substr(0, 4) < english_words[i].substr(0, 4));
  }
  CHECK(encode_hex(sha256(as_bytes(lines))) ==
        "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
  for (const char* other : {"", "aband", "Abandon", "abandons", "zoos", "aaa", "zzz"})
    CHECK_FALSE(find_word(other));
}

TEST_CASE("every English vector of BIP 39 gives its words, its entropy, its seed and its master key") {
  const auto text = ben::test::read_vectors("bip39/trezor-vectors.json");
  if (!text) return;
  const bitcoin::Curve curve{bitcoin::test::fill_secret(1)};
  std::size_t vectors = 0;
  const auto parsed_vectors = nlohmann::json::parse(*text);
  for (const auto& vector : parsed_vectors["english"]) {
    const std::string words = vector[1];
    CAPTURE(words);
    ++vectors;
    const Bytes entropy = *parse_hex(vector[0].get<std::string>());
    const auto mnemonic = Mnemonic::from_entropy(entropy);
    REQUIRE(mnemonic.has_value());
    CHECK(as_text(mnemonic->words().expose()) == words);
    const auto parsed = Mnemonic::parse(words);
    REQUIRE(parsed.has_value());
    CHECK(equal(parsed->entropy(), entropy));
    const auto seed = parsed->seed("TREZOR");
    REQUIRE(seed.has_value());
    CHECK(encode_hex(seed->expose()) == vector[2].get<std::string>());
    const auto master = bitcoin::derive_master(curve, seed->expose());
    REQUIRE(master.has_value());
    const auto xprv = bitcoin::parse_base58check(vector[3].get<std::string>());
    REQUIRE(xprv.has_value());
    CHECK(equal(ByteView(*xprv).last(32), master->key.scalar().expose()));
    CHECK(equal(ByteView(*xprv).subspan(13, 32), master->public_half.chain_code));
  }
  CHECK(vectors == 24);

  // The file's other languages are not read: their words are none of the English list's.
  std::size_t other_languages = 0;
  for (const auto& [language, list] : parsed_vectors.items()) {
    CAPTURE(language);
    for (const auto& vector : list) {
      const std::string_view tag = tag_of(vector[1].get<std::string>());
      CHECK((tag == "mnemonic-word" || tag == "mnemonic-count") == (language != "english"));
    }
    other_languages += list.size() == 24 && language != "english" ? 1U : 0U;
  }
  CHECK(other_languages == 11);
}

TEST_CASE("a mnemonic with a wrong count, word or checksum is refused by its own tag") {
  CHECK(tag_of(abandon).empty());
  CHECK(tag_of("  " + std::string(abandon) + "\n").empty());
  const struct {
    const char* text;
    std::string_view tag;
  } list[] = {
      {"", "mnemonic-count"},
      {"abandon", "mnemonic-count"},
      {"abandon abandon abandon", "mnemonic-count"},
      {"abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
       "mnemonic-count"},
      // Of Trezor's python-mnemonic: a failed checksum.
      {"bless cloud wheel regular tiny venue bird web grief security dignity zoo", "mnemonic-checksum"},
      {"abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon",
       "mnemonic-checksum"},
      {"about abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon",
       "mnemonic-checksum"},
      {"Abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
       "mnemonic-word"},
      {"aband abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
       "mnemonic-word"},
      {"abandon,abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
       "about",
       "mnemonic-word"},
  };
  for (const auto& c : list) {
    CAPTURE(c.text);
    CHECK(tag_of(c.text) == c.tag);
  }
  CHECK(tag_of(std::string(100'000, 'a')) == "mnemonic-count");
  CHECK(tag_of(std::string(abandon) + " " + std::string(abandon) + " abandon abandon abandon") ==
        "mnemonic-count");
}

TEST_CASE("of all last words exactly those with the right checksum are taken") {
  for (const std::size_t bytes : {16U, 20U, 24U, 28U, 32U}) {
    CAPTURE(bytes);
    const auto mnemonic = Mnemonic::from_entropy(Bytes(bytes, 0x5a));
    REQUIRE(mnemonic.has_value());
    std::string text(as_text(mnemonic->words().expose()));
    text.resize(text.rfind(' ') + 1);
    std::size_t taken = 0;
    for (const std::string_view word : english_words)
      taken += tag_of(text + std::string(word)).empty() ? 1U : 0U;
    CHECK(taken == 2048U >> (bytes / 4));  // one bit of checksum for four bytes
  }
}

TEST_CASE("entropy of another size has no words, and a passphrase of other characters no seed") {
  for (std::size_t bytes = 0; bytes <= 40; ++bytes) {
    CAPTURE(bytes);
    const bool expected = bytes >= 16 && bytes <= 32 && bytes % 4 == 0;
    CHECK(Mnemonic::from_entropy(Bytes(bytes, 1)).has_value() == expected);
  }
  const auto mnemonic = Mnemonic::from_entropy(Bytes(16, 1));
  REQUIRE(mnemonic.has_value());
  for (const char* passphrase : {"caf\xc3\xa9", "a\nb", "\x7f"}) {
    const auto seed = mnemonic->seed(passphrase);
    REQUIRE_FALSE(seed.has_value());
    CHECK(seed.error().tag.view() == "mnemonic-passphrase");
  }
  CHECK(mnemonic->seed(std::string(passphrase_chars_max, 'x')).has_value());
  CHECK_FALSE(mnemonic->seed(std::string(passphrase_chars_max + 1, 'x')).has_value());
}

// BIP 44 has no vectors of its own; BIP 49, 84 and 86 have its paths.
TEST_CASE("the words of BIP 49, 84 and 86 give their addresses") {
  const bitcoin::Curve curve{bitcoin::test::fill_secret(1)};
  const auto mnemonic = Mnemonic::parse(abandon);
  REQUIRE(mnemonic.has_value());
  const auto seed = mnemonic->seed("");
  REQUIRE(seed.has_value());
  const struct {
    const char* file;
    std::uint32_t purpose;
    bitcoin::Network network;
    const char* open;
    const char* close;
    std::vector<watch::ScriptPlace> places;
  } list[] = {
      {"bips/bip-0049-test-vectors.txt", 49, bitcoin::Network::test, "sh(wpkh(", "))", {{0, 0}}},
      {"bips/bip-0084-test-vectors.txt", 84, bitcoin::Network::main, "wpkh(", ")", {{0, 0}, {0, 1}, {1, 0}}},
      {"bips/bip-0086-test-vectors.txt", 86, bitcoin::Network::main, "tr(", ")", {{0, 0}, {0, 1}, {1, 0}}},
  };
  std::size_t addresses = 0;
  for (const auto& c : list) {
    CAPTURE(c.file);
    const auto text = ben::test::read_vectors(c.file);
    if (!text) return;
    auto key = bitcoin::derive_master(curve, seed->expose());
    const std::uint32_t coin = bitcoin::parameters_of(c.network).coin_type;
    for (const std::uint32_t step : {c.purpose, coin, 0U})
      key = bitcoin::derive_child(curve, *key, step | bitcoin::hardened);
    const auto descriptor = watch::parse_output_descriptor(
        curve, c.network, c.open + bitcoin::encode_xpub(c.network, key->public_half) + "/<0;1>/*" + c.close);
    REQUIRE(descriptor.has_value());
    std::size_t place = 0;
    for (const std::string& line : bitcoin::test::lines_between(*text, "Account 0, root", "")) {
      const std::string_view said =
          std::string_view(line).substr(std::min(line.find_first_not_of(' '), line.size()));
      if (!said.starts_with("address ")) continue;
      CAPTURE(line);
      std::string_view address = said.substr(said.rfind("= ") + 2);
      address = address.substr(0, address.find(' '));
      const auto script = watch::derive_output_script(curve, *descriptor, c.places.at(place++));
      REQUIRE(script.has_value());
      CHECK(*script == *bitcoin::parse_address(c.network, address));
      ++addresses;
    }
    CHECK(place == c.places.size());
  }
  CHECK(addresses == 7);
}

}  // namespace
}  // namespace ben::bip39
