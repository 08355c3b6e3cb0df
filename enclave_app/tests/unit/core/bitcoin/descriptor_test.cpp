// Descriptor checksums against BIP 380. Reading descriptors is tested with the host's watch layer: the signer
// only writes them.
#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "bitcoin/account.hpp"
#include "bitcoin/encoding.hpp"
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

TEST_CASE("an account is written as one descriptor with receive and change branch") {
  const Curve curve{test::fill_secret(1)};
  const Wallet wallet = test::make_wallet(curve, 0x5e, Network::main, test::all_accounts);
  const std::string fingerprint = encode_hex(wallet.accounts()[0].master_fingerprint);
  const std::string v0 = encode_descriptor(wallet.accounts()[0]);
  const std::string taproot = encode_descriptor(wallet.accounts()[1]);
  CHECK(v0.starts_with("wpkh([" + fingerprint + "/84h/0h/0h]xpub"));
  CHECK(taproot.starts_with("tr([" + fingerprint + "/86h/0h/0h]xpub"));
  const std::string legacy = encode_descriptor(wallet.accounts()[2]);
  const std::string nested = encode_descriptor(wallet.accounts()[3]);
  CHECK(legacy.starts_with("pkh([" + fingerprint + "/44h/0h/0h]xpub"));
  CHECK(nested.starts_with("sh(wpkh([" + fingerprint + "/49h/0h/0h]xpub"));
  for (const std::string& descriptor : {v0, taproot, legacy, nested}) {
    CHECK(descriptor.find(descriptor == nested ? "/<0;1>/*))#" : "/<0;1>/*)#") != std::string::npos);
    CHECK(has_valid_checksum(descriptor));
  }
}

}  // namespace
}  // namespace ben::bitcoin
