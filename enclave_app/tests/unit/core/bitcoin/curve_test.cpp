// The wrapper of libsecp256k1 against BIP 340, and the properties of our signatures.
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "bitcoin/curve.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "vectors.hpp"
#include "watch/derivation.hpp"

namespace ben::bitcoin {
namespace {

static_assert(!std::is_copy_constructible_v<PrivateKey> && !std::is_copy_assignable_v<PrivateKey>);
static_assert(!std::is_copy_constructible_v<Curve>);

const Curve& curve() {
  static const Curve instance{test::fill_secret(9)};
  return instance;
}

Bytes unhex(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  return *parse_hex(text);
}

PrivateKey key_of(ByteView scalar) {
  auto key = curve().to_private_key(Secret<32>(scalar.first<32>()));
  REQUIRE(key.has_value());
  return *std::move(key);
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

TEST_CASE("Schnorr signatures are made and judged as BIP 340's vectors say") {
  const auto text = ben::test::read_vectors("bips/bip-0340/test-vectors.csv");
  if (!text) return;
  std::istringstream lines(*text);
  std::string line;
  std::getline(lines, line);
  std::size_t verified = 0;
  std::size_t signed_again = 0;
  std::size_t other_sizes = 0;  // messages that are no hash: verified, but never signed by this project
  while (std::getline(lines, line)) {
    CAPTURE(line);
    const auto cells = split(line);
    const Bytes message = unhex(cells[4]);
    const auto signature = to_array<64>(unhex(cells[5]));
    CHECK(curve().verify_schnorr(unhex(cells[2]), message, signature) == (cells[6] == "TRUE"));
    ++verified;
    if (cells[1].empty()) continue;
    if (message.size() != 32) {
      ++other_sizes;
      continue;
    }
    ++signed_again;
    const auto made = curve().sign_schnorr(key_of(unhex(cells[1])), unhex(cells[2]), to_array<32>(message),
                                           to_array<32>(unhex(cells[3])));
    REQUIRE(made.has_value());
    CHECK(*made == signature);
  }
  CHECK(verified == 19);
  CHECK(signed_again == 4);
  CHECK(other_sizes == 4);
}

TEST_CASE("ECDSA signatures are judged as Wycheproof's vectors with Bitcoin's rules say") {
  const auto text = ben::test::read_vectors("secp256k1/ecdsa_secp256k1_sha256_bitcoin_test.json");
  if (!text) return;
  std::size_t valid = 0;
  std::size_t invalid = 0;
  const auto vectors = nlohmann::json::parse(*text);
  for (const auto& group : vectors["testGroups"]) {
    Bytes key = unhex(group["publicKey"]["uncompressed"]);  // which this project never reads
    key[0] = static_cast<std::uint8_t>(2 + key.back() % 2);
    key.resize(33);
    const auto public_key = watch::parse_public_key(curve(), key);
    REQUIRE(public_key.has_value());
    for (const auto& test : group["tests"]) {
      CAPTURE(test["tcId"].get<int>());
      CAPTURE(test["comment"].get<std::string>());
      const bool expected = test["result"] == "valid";
      Bytes signature = unhex(test["sig"]);
      const std::size_t size = signature.size();
      signature.push_back(0);  // an empty one is a view into something, as a PSBT's fields are
      CHECK(curve().verify_ecdsa(*public_key, sha256(unhex(test["msg"])), ByteView(signature).first(size)) ==
            expected);
      ++(expected ? valid : invalid);
    }
  }
  CHECK(valid == 162);
  CHECK(invalid == 301);
}

TEST_CASE("an ECDSA signature has a low R and a low S, and verifies for its key and hash alone") {
  const PrivateKey key = key_of(Bytes(32, 0x21));
  const PublicKey public_key = curve().public_key(key);
  for (std::uint8_t i = 0; i < 64; ++i) {
    const Hash256 hash = sha256(ByteArray<1>{i});
    const auto der = curve().sign_ecdsa(key, public_key, hash);
    REQUIRE(der.has_value());
    CHECK(der->size() <= 70);
    CHECK((*der)[3] <= 32);  // R without a leading zero
    CHECK(curve().verify_ecdsa(public_key, hash, *der));
    Bytes wrong = *der;
    wrong.back() ^= 1U;
    CHECK_FALSE(curve().verify_ecdsa(public_key, hash, wrong));
    CHECK_FALSE(curve().verify_ecdsa(public_key, sha256(ByteArray<1>{255}), *der));
  }
}

TEST_CASE("a signature for another key than the one named is not released") {
  const PrivateKey key = key_of(Bytes(32, 0x21));
  const PrivateKey other = key_of(Bytes(32, 0x22));
  const Hash256 hash{};
  CHECK(curve().sign_ecdsa(key, curve().public_key(other), hash).error().tag.view() == "key-signature");
  const auto x_only = to_array<32>(ByteView(curve().public_key(other).encoded).subspan(1));
  CHECK(curve().sign_schnorr(key, x_only, hash, hash).error().tag.view() == "key-signature");
  CHECK(curve().sign_schnorr(key, ByteView(x_only).first(31), hash, hash).error().tag.view() ==
        "key-signature");
}

TEST_CASE("zero, the order and more are no private keys") {
  const char* const order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
  CHECK_FALSE(curve().to_private_key(Secret<32>()).has_value());
  CHECK_FALSE(curve().to_private_key(Secret<32>(to_array<32>(unhex(order)))).has_value());
  CHECK_FALSE(curve().to_private_key(test::fill_secret(0xff)).has_value());
  Bytes below = unhex(order);
  below.back() = 0x40;
  CHECK(curve().to_private_key(Secret<32>(to_array<32>(below))).has_value());
}

TEST_CASE("a public key is a compressed point of the curve") {
  const CompressedKey generator =
      to_array<33>(unhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"));
  const auto parsed = watch::parse_public_key(curve(), generator);
  REQUIRE(parsed.has_value());
  CHECK(parsed->encoded == generator);
  CHECK(curve().public_key(key_of(unhex(std::string(63, '0') + "1"))).encoded == generator);
  CompressedKey wrong = generator;
  wrong[0] = 0x04;
  CHECK_FALSE(watch::parse_public_key(curve(), wrong).has_value());
  wrong = CompressedKey{0x02};
  wrong[32] = 5;  // no point has this X
  CHECK_FALSE(watch::parse_public_key(curve(), wrong).has_value());
  CHECK_FALSE(watch::parse_public_key(curve(), ByteView(generator).first(32)).has_value());
}

}  // namespace
}  // namespace ben::bitcoin
