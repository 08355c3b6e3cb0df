// Descriptors of other wallets: every vector of BIP 380, 381, 382 and 386. Private keys are refused, so those
// of the vectors are first made public here, as their wallet would.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "base/reader.hpp"
#include "bitcoin/base58.hpp"
#include "bitcoin/descriptor.hpp"
#include "core/bitcoin/bip_text.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "vectors.hpp"
#include "watch/derivation.hpp"
#include "watch/descriptor.hpp"

namespace ben::watch {
namespace {

using namespace bitcoin;  // the layer under test speaks of its types
using bitcoin::test::code_of;
using bitcoin::test::lines_between;

struct Fixture {
  Curve curve{bitcoin::test::fill_secret(1)};

  [[nodiscard]] std::string public_text(const PrivateKey& key, bool is_compressed) const {
    const PublicKey point = curve.public_key(key);
    std::array<std::uint8_t, 65> bytes{};
    std::size_t size = is_compressed ? 33 : 65;
    REQUIRE(secp256k1_ec_pubkey_serialize(
                secp256k1_context_static, bytes.data(), &size, &point.point,
                is_compressed ? SECP256K1_EC_COMPRESSED : SECP256K1_EC_UNCOMPRESSED) == 1);
    return encode_hex(ByteView(bytes).first(size));
  }

  [[nodiscard]] PrivateKey private_key(ByteView scalar) const {
    Secret<32> secret;
    std::ranges::copy(scalar, secret.expose_mutable().begin());
    return *curve.to_private_key(std::move(secret));
  }

  // An xprv with its path: what is hardened is derived, the rest stays for the reader.
  [[nodiscard]] std::string public_text(ByteView payload, std::string_view path, std::uint32_t index) const {
    Reader reader(payload.subspan(4));
    ExtendedPublicKey half{};
    half.depth = reader.u8();
    half.parent = to_array<4>(reader.take(4));
    half.child_number = reader.u32_be();
    half.chain_code = to_array<32>(reader.take(32));
    CHECK(reader.u8() == 0);
    ExtendedPrivateKey key{.key = private_key(reader.take(32)), .public_half = half};
    key.public_half.key = curve.public_key(key.key);
    key.public_half.encoded_key = curve.encode(key.public_half.key);
    while (path.find_first_of("'h") != std::string_view::npos) {
      path.remove_prefix(1);
      std::uint32_t step = index;  // of a '*'
      std::from_chars(path.begin(), path.end(), step);
      const std::size_t mark = path.find_first_of("/'h");
      const bool is_hardened = path[mark] != '/';
      key = *derive_child(curve, key, is_hardened ? step | hardened : step);
      path.remove_prefix(mark + (is_hardened ? 1 : 0));
    }
    return encode_xpub(Network::main, key.public_half) + std::string(path);
  }

  // The text with each private key of it as a public one that gives the same at `index`.
  [[nodiscard]] std::string neuter(std::string_view text, std::uint32_t index) const {
    std::string neutered;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of("(){},]"), text.size());
      const std::string_view base = text.substr(0, std::min(text.find('/'), end));
      const std::string_view path = text.substr(base.size(), end - base.size());
      const auto payload = parse_base58check(base);
      if (payload && base.starts_with("xprv")) {
        neutered += public_text(*payload, path, index);
      } else if (payload && !base.starts_with("xpub")) {
        neutered += public_text(private_key(ByteView(*payload).subspan(1, 32)), payload->size() == 34);
      } else {
        neutered += text.substr(0, end);
      }
      if (end < text.size()) neutered += text[end];
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return neutered;
  }

  struct Counts {
    int descriptors = 0, scripts = 0, with_private_keys = 0, invalid = 0;
    bool operator==(const Counts&) const = default;
  };

  void check_valid(const std::string& descriptor, Counts& counts) const {
    ++counts.descriptors;
    const auto parsed = parse_output_descriptor(curve, Network::main, descriptor);
    if (neuter(descriptor, 0) == descriptor) {
      CHECK(parsed.has_value());
    } else {
      ++counts.with_private_keys;
      REQUIRE_FALSE(parsed.has_value());
      CHECK(parsed.error().tag.view() == "key-expression-private");
    }
  }

  void check_script(const std::string& descriptor, std::uint32_t index, const std::string& script) const {
    CAPTURE(index);
    const auto parsed = parse_output_descriptor(curve, Network::main, neuter(descriptor, index));
    REQUIRE(parsed.has_value());
    CHECK(encode_hex(*derive_output_script(curve, *parsed, index)) == script);
  }

  void check_invalid(const std::string& descriptor) const {
    for (const std::string& text : {descriptor, neuter(descriptor, 0)}) {
      CAPTURE(text);
      const auto parsed = parse_output_descriptor(curve, Network::main, text);
      REQUIRE_FALSE(parsed.has_value());
      CHECK(parsed.error().code == ErrorCode::malformed);
    }
  }

  // All of a file of the form that BIP 381, 382 and 386 share.
  [[nodiscard]] Counts check_file(const std::string& text) const {
    Counts counts;
    std::string descriptor;
    std::uint32_t index = 0;
    for (const std::string& line : lines_between(text, "Valid descriptors", "Invalid ")) {
      const auto code = code_of(line);
      if (code.empty()) continue;
      if (line.starts_with("* ")) {
        descriptor = code.at(0);
        index = 0;
      }
      CAPTURE(descriptor);
      if (line.starts_with("* ")) check_valid(descriptor, counts);
      if (!line.starts_with("** ")) continue;
      ++counts.scripts;
      check_script(descriptor, index++, code.at(0));
    }
    for (const std::string& line : lines_between(text, "\nInvalid ", "")) {
      const auto code = code_of(line);
      if (code.empty()) continue;
      ++counts.invalid;
      check_invalid(code.back());
    }
    return counts;
  }
};

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
      CHECK(derive_key(curve, *twin, 0).has_value());
      continue;
    }
    REQUIRE(key.has_value());
    ++public_keys;
    const auto derived = derive_key(curve, *key, 0);
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
      CHECK(*derive_output_script(curve, *parsed, 9) == derive_script(curve, account, branch, 9)->script);
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
