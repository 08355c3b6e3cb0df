// Key derivation against the vectors of BIP 32, BIP 49, BIP 84 and BIP 86. BIP 44 has none.
#include <array>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "bitcoin/address.hpp"
#include "bitcoin/bip32.hpp"
#include "bitcoin/encoding.hpp"
#include "core/bitcoin/bip_text.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "vectors.hpp"

namespace ben::bitcoin {
namespace {

using test::word_after;

struct Fixture {
  Curve curve{test::fill_secret(3)};

  [[nodiscard]] ExtendedPrivateKey derive(ByteView seed, const std::vector<std::uint32_t>& path) const {
    auto key = derive_master(curve, seed);
    REQUIRE(key.has_value());
    for (const std::uint32_t step : path) {
      auto child = derive_child(curve, *key, step);
      REQUIRE(child.has_value());
      key = std::move(child);
    }
    return *std::move(key);
  }
};

// "m/0<sub>H</sub>/1" as steps.
std::vector<std::uint32_t> path_of(std::string_view text) {
  std::vector<std::uint32_t> path;
  for (std::size_t at = text.find('/'); at != std::string_view::npos; at = text.find('/', at + 1)) {
    if (text[at - 1] == '<') continue;  // of </sub>
    const auto step = static_cast<std::uint32_t>(std::stoul(std::string(text.substr(at + 1))));
    const std::size_t end = text.find_first_not_of("0123456789", at + 1);
    const bool is_hardened = end != std::string_view::npos && text.substr(end).starts_with("<sub>H");
    path.push_back(is_hardened ? step | hardened : step);
  }
  return path;
}

TEST_CASE_FIXTURE(Fixture, "keys are derived as BIP 32's test vectors 1 to 4 say") {
  const auto text = ben::test::read_vectors("bips/bip-0032-test-vectors.txt");
  if (!text) return;
  std::size_t chains = 0;
  Bytes seed;
  std::vector<std::uint32_t> path;
  for (const std::string& line : test::lines_between(*text, "===Test vector 1", "===Test vector 5")) {
    CAPTURE(line);
    if (line.starts_with("Seed")) seed = *parse_hex(word_after(line, "(hex)"));
    if (line.starts_with("* Chain")) path = path_of(line);
    if (line.starts_with("** ext pub")) {
      ++chains;
      const ExtendedPrivateKey key = derive(seed, path);
      CHECK(encode_xpub(Network::main, key.public_half) == word_after(line, "ext pub"));
      CHECK(curve.public_key(key.key).encoded == key.public_half.key.encoded);
    }
    if (line.starts_with("** ext prv")) {
      const auto payload = parse_base58check(word_after(line, "ext prv"));
      REQUIRE(payload.has_value());
      REQUIRE(payload->size() == 78);
      CHECK(equal(ByteView(*payload).subspan(46), derive(seed, path).key.scalar().expose()));
    }
  }
  CHECK(chains == 6 + 6 + 2 + 3);
}

TEST_CASE_FIXTURE(Fixture, "a child's key alone is the key of the child") {
  const ExtendedPrivateKey parent = derive(Bytes(32, 1), {84 | hardened, 0 | hardened});
  for (const std::uint32_t index : {0U, 1U, 12345U, hardened - 1}) {
    CAPTURE(index);
    const auto child = derive_child(curve, parent, index);
    REQUIRE(child.has_value());
    CHECK(derive_child_key(curve, parent, index)->scalar() == child->key.scalar());
  }
}

TEST_CASE_FIXTURE(Fixture, "limits of derivation are refused by their tags") {
  ExtendedPrivateKey master = derive(Bytes(16, 1), {});
  CHECK(derive_child_key(curve, master, hardened).error().tag.view() == "key-hardened");
  CHECK(derive_master(curve, Bytes(15, 1)).error().tag.view() == "key-seed");
  CHECK(derive_master(curve, Bytes(65, 1)).error().tag.view() == "key-seed");
  CHECK(derive_master(curve, Bytes(64, 1)).has_value());
  master.public_half.depth = 255;
  CHECK(derive_child(curve, master, 0).error().tag.view() == "key-depth");
}

// BIP 39's seed of "abandon ... about" without a passphrase, which BIP 49, 84 and 86 start from.
constexpr std::string_view abandon_seed =
    "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1"
    "9a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4";

// The scalar at the end of an xprv.
Bytes scalar_of(const std::string& text) { return to_bytes(ByteView(*parse_base58check(text)).last(32)); }

// An extended key but its version: BIP 49 writes uprv and upub, BIP 84 zprv and zpub.
Bytes without_version(const std::string& text) {
  return to_bytes(ByteView(*parse_base58check(text)).subspan(4));
}

TEST_CASE_FIXTURE(Fixture, "an account of BIP 49 has its keys, its script and its address") {
  const auto text = ben::test::read_vectors("bips/bip-0049-test-vectors.txt");
  if (!text) return;
  const auto value_of = [&](std::string_view name) { return word_after(*text, name); };
  CHECK(scalar_of(value_of("masterseed =")) ==
        to_bytes(derive(*parse_hex(abandon_seed), {}).key.scalar().expose()));
  std::vector<std::uint32_t> path{49 | hardened, 1 | hardened, hardened};
  const auto account = derive(*parse_hex(abandon_seed), path);
  CHECK(scalar_of(value_of("account0Xpriv")) == to_bytes(account.key.scalar().expose()));
  CHECK(without_version(encode_xpub(Network::test, account.public_half)) ==
        without_version(value_of("account0Xpub")));
  path.insert(path.end(), {0, 0});
  const auto key = derive(*parse_hex(abandon_seed), path);
  const CompressedKey& public_key = key.public_half.key.encoded;
  CHECK("0x" + encode_hex(key.key.scalar().expose()) == value_of("account0recvPrivateKeyHex"));
  CHECK(equal(ByteView(*parse_base58check(value_of("account0recvPrivateKey "))).subspan(1, 32),
              key.key.scalar().expose()));
  CHECK("0x" + encode_hex(public_key) == value_of("account0recvPublicKeyHex ="));
  const Script redeem_script = make_p2wpkh(public_key);
  CHECK("0x" + encode_hex(ByteView(redeem_script).subspan(2)) ==
        value_of("HASH160(account0recvPublicKeyHex)"));
  CHECK("0x" + encode_hex(redeem_script) == value_of("<0 <keyhash>>"));
  CHECK("0x" + encode_hex(hash160(redeem_script)) == value_of("HASH160(scriptSig)"));
  CHECK(*encode_address(Network::test, make_p2sh(hash160(redeem_script))) == value_of("| addressBytes)"));
}

TEST_CASE_FIXTURE(Fixture, "accounts of BIP 84 have its keys and addresses") {
  const auto text = ben::test::read_vectors("bips/bip-0084-test-vectors.txt");
  if (!text) return;
  const auto check_extended = [&](std::span<const std::uint32_t> path, std::string_view prv,
                                  std::string_view pub) {
    const auto key = derive(*parse_hex(abandon_seed), {path.begin(), path.end()});
    CHECK(without_version(encode_xpub(Network::main, key.public_half)) ==
          without_version(word_after(*text, pub)));
    CHECK(scalar_of(word_after(*text, prv)) == to_bytes(key.key.scalar().expose()));
  };
  check_extended({}, "rootpriv", "rootpub");
  check_extended(std::array{84 | hardened, hardened, hardened}, "\n  xpriv", "\n  xpub");
  std::size_t cases = 0;
  const struct {
    const char* section;
    std::uint32_t branch;
    std::uint32_t index;
  } list[] = {{"m/84'/0'/0'/0/0", 0, 0}, {"m/84'/0'/0'/0/1", 0, 1}, {"m/84'/0'/0'/1/0", 1, 0}};
  for (const auto& c : list) {
    CAPTURE(c.section);
    const std::size_t at = text->find(c.section);
    REQUIRE(at != std::string::npos);
    const std::string_view section = std::string_view(*text).substr(at);
    const auto key = derive(*parse_hex(abandon_seed), {84 | hardened, hardened, hardened, c.branch, c.index});
    CHECK(equal(ByteView(*parse_base58check(word_after(section, "privkey "))).subspan(1, 32),
                key.key.scalar().expose()));
    CHECK(encode_hex(key.public_half.key.encoded) == word_after(section, "pubkey "));
    CHECK(*encode_address(Network::main, make_p2wpkh(key.public_half.key.encoded)) ==
          word_after(section, "address"));
    ++cases;
  }
  CHECK(cases == 3);
}

TEST_CASE_FIXTURE(Fixture, "accounts of BIP 86 have its output keys and addresses") {
  const auto text = ben::test::read_vectors("bips/bip-0086-test-vectors.txt");
  if (!text) return;
  std::size_t cases = 0;
  const auto root = derive(*parse_hex(abandon_seed), {});
  CHECK(encode_xpub(Network::main, root.public_half) == word_after(*text, "rootpub"));
  CHECK(scalar_of(word_after(*text, "rootpriv")) == to_bytes(root.key.scalar().expose()));
  const auto account = derive(*parse_hex(abandon_seed), {86 | hardened, hardened, hardened});
  CHECK(encode_xpub(Network::main, account.public_half) ==
        word_after(std::string_view(*text).substr(text->find("Account 0, root")), "xpub"));
  const struct {
    const char* section;
    std::uint32_t branch;
    std::uint32_t index;
  } list[] = {{"m/86'/0'/0'/0/0", 0, 0}, {"m/86'/0'/0'/0/1", 0, 1}, {"m/86'/0'/0'/1/0", 1, 0}};
  for (const auto& c : list) {
    CAPTURE(c.section);
    const std::size_t at = text->find(c.section);
    REQUIRE(at != std::string::npos);
    const std::string_view section = std::string_view(*text).substr(at);
    const auto key = derive(*parse_hex(abandon_seed), {86 | hardened, hardened, hardened, c.branch, c.index});
    const auto tweaked = curve.tweak_for_taproot(key.key, key.public_half.key);
    REQUIRE(tweaked.has_value());
    const CompressedKey compressed = curve.public_key(*tweaked).encoded;
    const ByteView output_key = ByteView(compressed).subspan(1);
    CHECK(encode_xpub(Network::main, key.public_half) == word_after(section, "xpub"));
    CHECK(scalar_of(word_after(section, "xprv")) == to_bytes(key.key.scalar().expose()));
    CHECK(encode_hex(ByteView(key.public_half.key.encoded).subspan(1)) ==
          word_after(section, "internal_key"));
    CHECK(encode_hex(output_key) == word_after(section, "output_key"));
    CHECK(encode_hex(make_witness_script(1, output_key)) == word_after(section, "scriptPubKey"));
    CHECK(*encode_address(Network::main, make_witness_script(1, output_key)) ==
          word_after(section, "address"));
    ++cases;
  }
  CHECK(cases == 3);
}

}  // namespace
}  // namespace ben::bitcoin
