// Watch-only accounts: pinned descriptors give the signer's own addresses, and nothing else is taken.
#include <doctest/doctest.h>

#include "bitcoin/encoding.hpp"
#include "core/bitcoin/bip_text.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "vectors.hpp"
#include "watch/account_descriptor.hpp"
#include "watch/derivation.hpp"
#include "watch/key_expression.hpp"

namespace ben::watch {
namespace {

using namespace bitcoin;  // the layer under test speaks only of its types

struct Fixture {
  Curve curve{bitcoin::test::fill_secret(1)};
};

TEST_CASE_FIXTURE(Fixture, "a descriptor gives the account it was written from") {
  for (const Network network :
       {Network::main, Network::test, Network::testnet4, Network::signet, Network::regtest}) {
    const Wallet wallet = bitcoin::test::make_wallet(curve, 0x31, network, bitcoin::test::all_accounts);
    for (const Account& account : wallet.accounts()) {
      const auto parsed = parse_descriptor(curve, network, encode_descriptor(account));
      REQUIRE(parsed.has_value());
      CHECK(parsed->id == account.id);
      CHECK(parsed->master_fingerprint == account.master_fingerprint);
      for (const Branch branch : {Branch::receive, Branch::change})
        CHECK(derive_script(curve, *parsed, branch, 77)->script ==
              derive_script(curve, account, branch, 77)->script);
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "a descriptor with any character changed, lost or added is refused") {
  const std::string valid = encode_descriptor(bitcoin::test::make_wallet(curve).accounts()[0]);
  REQUIRE(parse_descriptor(curve, Network::regtest, valid).has_value());
  for (std::size_t i = 0; i < valid.size(); ++i) {
    CAPTURE(i);
    std::string text = valid;
    text[i] = text[i] == '1' ? '2' : '1';
    CHECK_FALSE(parse_descriptor(curve, Network::regtest, text).has_value());
    CHECK_FALSE(parse_descriptor(curve, Network::regtest, valid.substr(0, i)).has_value());
    text = valid;
    text.erase(i, 1);
    CHECK_FALSE(parse_descriptor(curve, Network::regtest, text).has_value());
    text = valid;
    text.insert(i, 1, '0');
    CHECK_FALSE(parse_descriptor(curve, Network::regtest, text).has_value());
  }
}

// A body with its right checksum: only its form can be wrong.
std::string with_checksum(const std::string& body) { return body + '#' + *descriptor_checksum(body); }

TEST_CASE_FIXTURE(Fixture, "another form of descriptor is refused though its checksum is right") {
  const Account account = bitcoin::test::make_wallet(curve).accounts()[0];
  const std::string valid = encode_descriptor(account);
  const std::string body = valid.substr(0, valid.size() - 9);
  REQUIRE(with_checksum(body) == valid);
  const auto replaced = [&](std::string_view from, std::string_view to) {
    std::string text = body;
    REQUIRE(text.find(from) != std::string::npos);
    return with_checksum(text.replace(text.find(from), from.size(), to));
  };
  CHECK(parse_descriptor(curve, Network::regtest, replaced("wpkh", "wpkh")).has_value());
  const std::string bad[] = {
      replaced("wpkh(", "tr("),
      replaced("wpkh(", "pkh("),
      replaced("wpkh(", "sh(wpkh("),
      replaced("84h", "340h"),  // 84 in its lowest byte
      replaced("84h", "84"),
      replaced("84h", "84'"),
      replaced("84h", "86h"),
      replaced("/1h/", "/0h/"),
      replaced("/0h]", "/1h]"),
      replaced("/0h]", "/00h]"),
      replaced("/0h]", "/0]"),
      replaced("/0h]", "/4294967296h]"),
      replaced("/<0;1>/*", "/0/*"),
      replaced("/<0;1>/*", "/<1;0>/*"),
      replaced("/<0;1>/*)", "/<0;1>/*))"),
      replaced("/<0;1>/*)", "/<0;1>/*h)"),
      with_checksum("wpkh([]/<0;1>/*)"),
      with_checksum(""),
      "",
      "#",
      "wpkh([",
      std::string(100'000, '['),
  };
  for (const std::string& text : bad) {
    CAPTURE(text);
    CHECK_FALSE(parse_descriptor(curve, Network::regtest, text).has_value());
  }
  CHECK_FALSE(parse_descriptor(curve, Network::main, valid).has_value());
}

TEST_CASE_FIXTURE(Fixture, "extended public keys of BIP 32's vectors parse, and those of vector 5 do not") {
  const auto text = ben::test::read_vectors("bips/bip-0032-test-vectors.txt");
  if (!text) return;
  std::size_t valid = 0;
  for (const std::string& line :
       bitcoin::test::lines_between(*text, "===Test vector 1", "===Test vector 5")) {
    if (!line.starts_with("** ext pub")) continue;
    ++valid;
    const std::string key = bitcoin::test::word_after(line, "ext pub");
    const auto parsed = parse_xpub(curve, Network::main, key);
    REQUIRE(parsed.has_value());
    CHECK(encode_xpub(Network::main, *parsed) == key);
    CHECK_FALSE(parse_xpub(curve, Network::test, key).has_value());
  }
  CHECK(valid == 17);
  std::size_t invalid = 0;
  for (const std::string& line : bitcoin::test::lines_between(*text, "===Test vector 5", "")) {
    if (!line.starts_with("* ")) continue;
    ++invalid;
    const std::string key = bitcoin::test::word_after(line, "*");
    for (const Network network : {Network::main, Network::test})
      CHECK_FALSE(parse_xpub(curve, network, key).has_value());
  }
  CHECK(invalid == 16);
}

}  // namespace
}  // namespace ben::watch
