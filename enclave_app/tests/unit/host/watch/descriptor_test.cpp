// Descriptors of other wallets: every vector of BIP 380, 381, 382, 384, 385 and 386.
#include <optional>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "bitcoin/account.hpp"
#include "bitcoin/encoding.hpp"
#include "host/watch/descriptor_fixture.hpp"
#include "vectors.hpp"

namespace ben::watch {
namespace {

using namespace bitcoin;  // the layer under test speaks of its types
using bitcoin::test::code_of;
using bitcoin::test::lines_between;

using Fixture = test::DescriptorFixture;

TEST_CASE_FIXTURE(Fixture,
                  "pk, pkh and sh give the scripts of BIP 381, and what it calls invalid is refused") {
  const auto text = ben::test::read_vectors("bips/bip-0381-test-vectors.txt");
  if (!text) return;
  CHECK(check_file(*text) == Counts{.descriptors = 17, .scripts = 17, .with_private_keys = 8, .invalid = 4});
}

TEST_CASE_FIXTURE(Fixture, "wpkh and wsh give the scripts of BIP 382, and what it calls invalid is refused") {
  const auto text = ben::test::read_vectors("bips/bip-0382-test-vectors.txt");
  if (!text) return;
  CHECK(check_file(*text) == Counts{.descriptors = 12, .scripts = 18, .with_private_keys = 7, .invalid = 11});
}

TEST_CASE_FIXTURE(Fixture,
                  "tr gives the scripts of BIP 386, with trees too, and what it calls invalid is refused") {
  const auto text = ben::test::read_vectors("bips/bip-0386-test-vectors.txt");
  if (!text) return;
  CHECK(check_file(*text) == Counts{.descriptors = 6, .scripts = 7, .with_private_keys = 4, .invalid = 4});
}

// combo stands for up to four scripts and raw and addr for none of a key: nothing that a wallet here has.
TEST_CASE_FIXTURE(Fixture, "combo, raw and addr are refused, valid and invalid ones of BIP 384 and 385") {
  for (const auto& [name, all] :
       {std::pair{"bips/bip-0384-test-vectors.txt", 7}, {"bips/bip-0385-test-vectors.txt", 10}}) {
    CAPTURE(name);
    const auto text = ben::test::read_vectors(name);
    if (!text) return;
    int refused_ones = 0;
    for (const std::string& line : lines_between(*text, "Valid descriptors", "")) {
      const auto code = code_of(line);
      if (!line.starts_with("* ") || code.empty()) continue;
      CAPTURE(line);
      ++refused_ones;
      const auto parsed = parse_output_descriptor(curve, Network::main, code.back());
      REQUIRE_FALSE(parsed.has_value());
      CHECK(parsed.error().tag.view() == "key-descriptor");
    }
    CHECK(refused_ones == all);
  }
}

TEST_CASE_FIXTURE(Fixture, "key expressions are read and refused as BIP 380 says") {
  const auto text = ben::test::read_vectors("bips/bip-0380-test-vectors.txt");
  if (!text) return;
  int public_keys = 0;
  int private_keys = 0;
  int hardened_paths = 0;
  for (const std::string& line : lines_between(*text, "Valid expressions", "Invalid expression")) {
    const auto code = code_of(line);
    if (code.empty()) continue;
    CAPTURE(line);
    const auto key = parse_key_expression(curve, Network::main, code.back());
    if (line.find("rivate key") != std::string::npos) {
      ++private_keys;
      REQUIRE_FALSE(key.has_value());
      CHECK(key.error().tag.view() == "key-expression-private");
      const auto twin = parse_key_expression(curve, Network::main, neuter(code.back(), 0));
      REQUIRE(twin.has_value());
      CHECK(derive_key(curve, *twin, {}).has_value());
      continue;
    }
    REQUIRE(key.has_value());
    ++public_keys;
    const auto derived = derive_key(curve, *key, {});
    if (derived) continue;
    ++hardened_paths;
    CHECK(derived.error().tag.view() == "key-hardened");
    CHECK(line.find("hardened derivation") != std::string::npos);
  }
  CHECK(public_keys == 12);
  CHECK(hardened_paths == 3);
  CHECK(private_keys == 9);

  int invalid = 0;
  for (const std::string& line : lines_between(*text, "Invalid expression", "")) {
    const auto code = code_of(line);
    if (code.empty()) continue;
    CAPTURE(line);
    ++invalid;
    const auto key = parse_key_expression(curve, Network::main, code.back());
    REQUIRE_FALSE(key.has_value());
    CHECK(key.error().code == ErrorCode::malformed);
  }
  CHECK(invalid == 16);
}

// The tree of BIP 341's test vectors as a descriptor's, or nothing where a leaf is no pk.
std::optional<std::string> tree_text(const nlohmann::json& tree) {
  if (tree.is_array()) {
    const auto left = tree_text(tree[0]);
    const auto right = tree_text(tree[1]);
    if (!left || !right) return std::nullopt;
    return "{" + *left + "," + *right + "}";
  }
  const std::string script = tree["script"];
  if (tree["leafVersion"] != 0xc0 || script.size() != 68 || !script.starts_with("20") ||
      !script.ends_with("ac"))
    return std::nullopt;
  return "pk(" + script.substr(2, 64) + ")";
}

TEST_CASE_FIXTURE(Fixture, "tr with a tree of pk gives the scripts of BIP 341") {
  const auto text = ben::test::read_vectors("bips/bip-0341/wallet-test-vectors.json");
  if (!text) return;
  int scripts = 0;
  int other_leaves = 0;  // of another version, or of a script that is no pk
  const auto vectors = nlohmann::json::parse(*text);
  for (const auto& c : vectors["scriptPubKey"]) {
    std::string body = c["given"]["internalPubkey"];
    if (!c["given"]["scriptTree"].is_null()) {
      const auto tree = tree_text(c["given"]["scriptTree"]);
      other_leaves += tree ? 0 : 1;
      if (!tree) continue;
      body += "," + *tree;
    }
    ++scripts;
    check_script("tr(" + body + ")", 0, c["expected"]["scriptPubKey"]);
  }
  CHECK(scripts == 5);
  CHECK(other_leaves == 2);
}

TEST_CASE_FIXTURE(Fixture, "an account's descriptor for one branch gives the scripts of the account") {
  const Wallet wallet = bitcoin::test::make_wallet(curve);
  for (const Account& account : wallet.accounts()) {
    const std::string own = encode_descriptor(account);
    for (const Branch branch : {Branch::receive, Branch::change}) {
      std::string text = own.substr(0, own.find('#'));
      text.replace(text.find("<0;1>"), 5, branch == Branch::receive ? "0" : "1");
      CHECK(parse_output_descriptor(curve, Network::regtest, text).has_value());
      text += '#' + *descriptor_checksum(text);
      const auto parsed = parse_output_descriptor(curve, Network::regtest, text);
      REQUIRE(parsed.has_value());
      CHECK(*derive_output_script(curve, *parsed, {.index = 9}) ==
            derive_script(curve, account, branch, 9)->script);
      text.back() = text.back() == 'q' ? 'p' : 'q';
      CHECK_FALSE(parse_output_descriptor(curve, Network::regtest, text).has_value());
      CHECK_FALSE(parse_output_descriptor(curve, Network::main, text.substr(0, text.find('#'))).has_value());
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "a tree that is open, lopsided, too deep or no tree is refused") {
  const std::string x = "a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd";
  const std::string leaf = "pk(" + x + ")";
  const auto is_read = [&](const std::string& tree) {
    return parse_output_descriptor(curve, Network::main, "tr(" + x + "," + tree + ")").has_value();
  };
  CHECK(is_read("{" + leaf + "," + leaf + "}"));
  for (const std::string& tree :
       {std::string(), std::string("{"), "{" + leaf, "{" + leaf + "}", "{" + leaf + ",}", "{," + leaf + "}",
        leaf + "," + leaf, leaf + "}", "{" + leaf + "," + leaf + "}}",
        "{" + leaf + "," + leaf + "," + leaf + "}", "{{" + leaf + "," + leaf + "}," + leaf,
        std::string("wpkh(") + x + ")", std::string(5'000, '{')}) {
    CAPTURE(tree);
    CHECK_FALSE(is_read(tree));
  }
  std::string deep = leaf;
  for (std::size_t depth = 0; depth < tree_depth_max; ++depth) deep = "{" + leaf + "," + deep + "}";
  CHECK(is_read(deep));
  CHECK_FALSE(is_read("{" + leaf + "," + deep + "}"));
}

}  // namespace
}  // namespace ben::watch
