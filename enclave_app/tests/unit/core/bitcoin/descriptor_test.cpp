// Descriptor checksums and scripts against BIP 380, 382 and 386. Reading descriptors is tested with the
// host's watch layer: the signer only writes them.
#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "bitcoin/bip32.hpp"
#include "bitcoin/descriptor.hpp"
#include "bitcoin/script.hpp"
#include "core/bitcoin/bip_text.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "vectors.hpp"

namespace ben::bitcoin {
namespace {

using test::code_of;
using test::lines_between;

bool has_valid_checksum(std::string_view text) {
  const std::size_t separator = text.rfind('#');
  if (separator == std::string_view::npos) return false;
  const auto checksum = descriptor_checksum(text.substr(0, separator));
  return checksum && *checksum == text.substr(separator + 1);
}

TEST_CASE("checksums are right and wrong as BIP 380 says") {
  const auto text = ben::test::read_vectors("bips/bip-0380-test-vectors.txt");
  if (!text) return;
  std::size_t cases = 0;
  for (const std::string& line : lines_between(*text, "cover the checksum", "key expressions")) {
    const auto code = code_of(line);
    if (code.empty()) continue;
    CAPTURE(line);
    ++cases;
    CHECK(has_valid_checksum(code[0]) == line.starts_with("* Valid checksum"));
  }
  CHECK(cases == 8);
  CHECK_FALSE(descriptor_checksum("raw(\xc3\x9c)").has_value());
}

// "* <tt>descriptor</tt>" and the "** <tt>script</tt>" lines below it.
struct Expected {
  std::string descriptor;
  std::vector<std::string> scripts;
};

std::vector<Expected> valid_cases(std::string_view text) {
  std::vector<Expected> cases;
  for (const std::string& line : lines_between(text, "Valid descriptors", "Invalid ")) {
    const auto code = code_of(line);
    if (line.starts_with("* ") && !code.empty()) cases.push_back({code[0], {}});
    if (line.starts_with("** ") && !code.empty()) cases.back().scripts.push_back(code[0]);
  }
  return cases;
}

TEST_CASE("wpkh of a key gives the script that BIP 382 says") {
  const auto text = ben::test::read_vectors("bips/bip-0382-test-vectors.txt");
  if (!text) return;
  std::size_t keys = 0;
  std::size_t ranged = 0;
  std::size_t out_of_scope =
      0;  // sh and wsh are no forms of ours; WIF and xprv are no descriptors for others
  for (const Expected& c : valid_cases(*text)) {
    CAPTURE(c.descriptor);
    if (c.descriptor.starts_with("wpkh(0")) {
      ++keys;
      const Bytes key = *parse_hex(std::string_view(c.descriptor).substr(5, 66));
      CHECK(encode_hex(make_p2wpkh(to_array<33>(key))) == c.scripts.at(0));
    } else if (c.descriptor.starts_with("wpkh([ffffffff/13']xpub")) {
      ++ranged;  // xpub/1/2/*: the host's watch layer derives its three scripts
      CHECK(c.scripts.size() == 3);
    } else {
      ++out_of_scope;
    }
  }
  CHECK(keys == 1);
  CHECK(ranged == 1);
  CHECK(out_of_scope == 10);
}

TEST_CASE("tr of a key without scripts gives the script that BIP 386 says") {
  const auto text = ben::test::read_vectors("bips/bip-0386-test-vectors.txt");
  if (!text) return;
  std::size_t keys = 0;
  std::size_t out_of_scope = 0;  // with script trees, or a WIF key
  const Curve curve{test::fill_secret(1)};
  for (const Expected& c : valid_cases(*text)) {
    CAPTURE(c.descriptor);
    const bool is_key_alone = c.descriptor.size() == std::string_view("tr()").size() + 64;
    if (!is_key_alone) {
      ++out_of_scope;
      continue;
    }
    ++keys;
    const auto key = curve.parse_public_key(*parse_hex("02" + c.descriptor.substr(3, 64)));
    REQUIRE(key.has_value());
    CHECK(encode_hex(make_p2tr(*curve.tweak_for_taproot(*key))) == c.scripts.at(0));
  }
  CHECK(keys == 1);
  CHECK(out_of_scope == 5);
}

TEST_CASE("an account is written as one descriptor with receive and change branch") {
  const Curve curve{test::fill_secret(1)};
  const Wallet wallet = test::make_wallet(curve, 0x5e, Network::main);
  const std::string fingerprint = encode_hex(wallet.master_fingerprint());
  const std::string v0 = encode_descriptor(wallet.accounts()[0]);
  const std::string taproot = encode_descriptor(wallet.accounts()[1]);
  CHECK(v0.starts_with("wpkh([" + fingerprint + "/84h/0h/0h]xpub"));
  CHECK(taproot.starts_with("tr([" + fingerprint + "/86h/0h/0h]xpub"));
  for (const std::string& descriptor : {v0, taproot}) {
    CHECK(descriptor.substr(descriptor.size() - 18, 10) == "/<0;1>/*)#");
    CHECK(has_valid_checksum(descriptor));
  }
}

}  // namespace
}  // namespace ben::bitcoin
