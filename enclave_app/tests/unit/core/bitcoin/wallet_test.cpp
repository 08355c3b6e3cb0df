// The wallet: what identifies it, what it derives, what it refuses.
#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "bitcoin/account.hpp"
#include "bitcoin/address.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "crypto/hash.hpp"

namespace ben::bitcoin {
namespace {

static_assert(!std::is_copy_constructible_v<Wallet> && !std::is_copy_assignable_v<Wallet>);

struct Fixture {
  Curve curve{test::fill_secret(1)};
};

TEST_CASE_FIXTURE(Fixture,
                  "the wallet's name hashes network, master public key and chain code, and no account") {
  const Secret<32> seed = test::fill_secret(2);
  const auto master = derive_master(curve, seed.expose());
  REQUIRE(master.has_value());
  const std::array one{AccountId{Purpose::p2tr, 7}};
  for (const Network network :
       {Network::main, Network::test, Network::testnet4, Network::signet, Network::regtest}) {
    const auto wallet = Wallet::derive(curve, seed, network, test::default_accounts);
    const auto other_accounts = Wallet::derive(curve, seed, network, one);
    REQUIRE(wallet.has_value());
    REQUIRE(other_accounts.has_value());
    CHECK(wallet->id() == sha256({as_bytes("ben/wallet/v1"), as_bytes(parameters_of(network).name),
                                  master->public_half.key.encoded, master->public_half.chain_code}));
    CHECK(wallet->id() == other_accounts->id());
    CHECK(wallet->accounts()[0].master_fingerprint == fingerprint_of(master->public_half));
    CHECK(wallet->accounts()[0].network == network);
  }
  CHECK(test::make_wallet(curve, 1, Network::test).id() != test::make_wallet(curve, 1, Network::signet).id());
  CHECK(test::make_wallet(curve, 1).id() != test::make_wallet(curve, 2).id());
}

TEST_CASE_FIXTURE(Fixture, "a wallet of a known seed has known names and addresses") {
  // Frozen values, the same as embit 0.8.0 derives: they change only if every wallet that exists does.
  const Wallet wallet = test::make_wallet(curve, 0x5e, Network::regtest);
  const auto address = [&](const KeyPath& path) {
    return *encode_address(Network::regtest, wallet.derive_script(curve, path)->script);
  };
  CHECK(encode_hex(wallet.id()) == "a2a1e02a8a23b01c531286ce0f017e3f35a3786931126c1994faabc9cd7b2b4c");
  CHECK(encode_hex(wallet.accounts()[0].master_fingerprint) == "64ef65f1");
  CHECK(encode_descriptor(wallet.accounts()[0]) ==
        "wpkh([64ef65f1/84h/1h/"
        "0h]"
        "tpubDDaNT378GZYYgr7AZ2BrFhgk6hmTVRp5sAqUWkuBzNcYcsCktrzFtB3pL99C3Ka8df3rwmVz6RLScATWSZTG9o1BU4tRXgJh"
        "NuXaWz4cWdN/<0;1>/*)#mweuzgff");
  CHECK(encode_descriptor(wallet.accounts()[1]) ==
        "tr([64ef65f1/86h/1h/"
        "0h]"
        "tpubDDdU6ZdA52dYF2J9doNqgGc6LgueqY7h6fKVzvn3KbftHemzyRNowckV3UQ5YpvJEj91BvEgUMGhwGPB86mreLLvNaZ4NL7Y"
        "aZ1dxzKXuoR/<0;1>/*)#y8g04gna");
  CHECK(address({.account = 0, .branch = Branch::receive, .index = 0}) ==
        "bcrt1qsywgxclp4dhx7exvq07n0qxttkrdleed682tpw");
  CHECK(address({.account = 1, .branch = Branch::change, .index = 10'000}) ==
        "bcrt1pd4qvkw6672myr2cgf8z8vh7gldatyk6qaaa34y68q9hcms6dwnkqnqeqc2");
}

TEST_CASE_FIXTURE(Fixture, "accounts of BIP 44 and BIP 49 are derived as their BIPs say") {
  // The seed of "abandon … about", whose addresses wallets print; BIP 49 has this very one as its example.
  const auto seed = parse_hex_array<64>(
      "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1"
      "9a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4");
  REQUIRE(seed.has_value());
  const auto master = derive_master(curve, *seed);
  REQUIRE(master.has_value());
  const auto address = [&](Network network, const AccountId& id) {
    auto key = derive_child(curve, *master, account_path(id, network)[0]);
    key = derive_child(curve, *key, account_path(id, network)[1]);
    key = derive_child(curve, *key, account_path(id, network)[2]);
    key = derive_child(curve, *derive_child(curve, *key, 0), 0);
    return *encode_address(network, make_script(id.purpose, key->public_half.key.encoded));
  };
  CHECK(address(Network::main, {Purpose::p2pkh, 0}) == "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA");
  CHECK(address(Network::main, {Purpose::p2sh_p2wpkh, 0}) == "37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf");
  CHECK(address(Network::test, {Purpose::p2sh_p2wpkh, 0}) == "2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2");
}

TEST_CASE_FIXTURE(Fixture, "a path outside the wallet is refused") {
  const Wallet wallet = test::make_wallet(curve);
  CHECK(wallet.derive_key(curve, {2, Branch::receive, 0}).error().tag.view() == "key-path");
  CHECK(wallet.derive_script(curve, {2, Branch::receive, 0}).error().tag.view() == "key-path");
  CHECK(wallet.derive_key(curve, {0, Branch::receive, hardened}).error().tag.view() == "key-hardened");
}

TEST_CASE_FIXTURE(Fixture, "BIP 340's auxiliary bytes come from the seed and the hash alone") {
  const Wallet wallet = test::make_wallet(curve, 0x5e);
  const Secret<32> key = hkdf_sha256<32>(test::fill_secret(0x5e).expose(), {}, "ben/aux/v1");
  const Hash256 hash = sha256(as_bytes("hash"));
  CHECK(wallet.auxiliary(hash) == sha256({key.expose(), hash}));
  CHECK(wallet.auxiliary(hash) != test::make_wallet(curve, 0x5f).auxiliary(hash));
}

}  // namespace
}  // namespace ben::bitcoin
