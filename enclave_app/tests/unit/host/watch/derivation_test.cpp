// Derivation from public keys alone gives what the private keys give, and stops where it needs them.
#include "watch/derivation.hpp"

#include <doctest/doctest.h>

#include "core/bitcoin/psbt_builder.hpp"

namespace ben::watch {
namespace {

using namespace bitcoin;  // the layer under test speaks only of its types

struct Fixture {
  Curve curve{bitcoin::test::fill_secret(1)};
};

TEST_CASE_FIXTURE(Fixture, "public and private derivation of one child meet") {
  const auto parent = derive_master(curve, Bytes(32, 1));
  REQUIRE(parent.has_value());
  for (const std::uint32_t index : {0U, 1U, 12345U, hardened - 1}) {
    CAPTURE(index);
    const auto private_child = bitcoin::derive_child(curve, *parent, index);
    const auto public_child = derive_child(curve, parent->public_half, index);
    REQUIRE(private_child.has_value());
    REQUIRE(public_child.has_value());
    CHECK(encode_xpub(Network::test, private_child->public_half) ==
          encode_xpub(Network::test, *public_child));
  }
}

TEST_CASE_FIXTURE(Fixture, "a hardened child and one below depth 255 are refused") {
  ExtendedPublicKey key = derive_master(curve, Bytes(32, 1))->public_half;
  CHECK(derive_child(curve, key, hardened).error().tag.view() == "key-hardened");
  key.depth = 255;
  CHECK(derive_child(curve, key, 0).error().tag.view() == "key-depth");
}

TEST_CASE_FIXTURE(Fixture,
                  "the taproot tweak of a private key and of its public key meet, for even and odd points") {
  std::size_t odd = 0;
  for (std::uint8_t i = 1; i <= 20; ++i) {
    const auto key = curve.to_private_key(bitcoin::test::fill_secret(i));
    REQUIRE(key.has_value());
    const PublicKey internal_key = curve.public_key(*key);
    odd += internal_key.encoded[0] == 3 ? 1U : 0U;
    const auto tweaked = curve.tweak_for_taproot(*key, internal_key);
    const auto output_key = tweak_for_taproot(curve, internal_key);
    REQUIRE(tweaked.has_value());
    REQUIRE(output_key.has_value());
    CHECK(equal(ByteView(curve.public_key(*tweaked).encoded).subspan(1), *output_key));
  }
  CHECK(odd > 0);
  CHECK(odd < 20);
}

TEST_CASE_FIXTURE(Fixture, "an account gives the keys and scripts that its wallet gives") {
  const Wallet wallet = bitcoin::test::make_wallet(curve);
  const OwnKeys own = own_keys(curve, wallet.accounts());
  for (const std::size_t account : {0U, 1U}) {
    for (const Branch branch : {Branch::receive, Branch::change}) {
      for (const std::uint32_t index : {0U, 1U, 10'000U, hardened - 1}) {
        const auto expected = wallet.derive_script(curve, {account, branch, index});
        const auto derived = own.derive_script({account, branch, index});
        REQUIRE(expected.has_value());
        REQUIRE(derived.has_value());
        CHECK(expected->key.encoded == derived->key.encoded);
        CHECK(expected->script == derived->script);
      }
    }
  }
  CHECK(derive_script(curve, wallet.accounts()[0], Branch::receive, hardened).error().tag.view() ==
        "key-hardened");
}

}  // namespace
}  // namespace ben::watch
