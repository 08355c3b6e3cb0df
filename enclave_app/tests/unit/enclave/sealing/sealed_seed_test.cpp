#include "sealing/sealed_seed.hpp"

#include <doctest/doctest.h>

#include "base/writer.hpp"
#include "crypto/cipher.hpp"
#include "crypto/hash.hpp"
#include "enclave/sealing/sealing_fixture.hpp"

namespace ben {
namespace {

using test::kms_key;
using test::sealer;
using test::wallet_seed;

// The answer of opening `blob` with what KMS finds in it.
Result<WalletSeed> open_as_kms(ByteView blob) {
  const auto sealed = parse_sealed_seed(blob);
  if (!sealed) return sealed.error();
  const Bytes payload = kms_key().decrypt(sealed->wrapped_data_key);
  if (payload.size() != wrap_payload_bytes) return Error{ErrorCode::refused, "test-kms", "KMS refuses"};
  return open_sealed_seed(*sealed, test::to_payload(payload));
}

TEST_CASE("a sealed seed opens with the payload that KMS unwraps, and says who sealed it") {
  test::CountingRandom random;
  const Bytes blob = test::sealed_blob(random);
  CHECK(blob.size() == 680);
  const auto sealed = parse_sealed_seed(blob);
  REQUIRE(sealed.has_value());
  CHECK(sealed->header == sealer());
  const auto seed = open_as_kms(blob);
  REQUIRE(seed.has_value());
  CHECK(*seed == wallet_seed());
}

TEST_CASE("the bytes of a sealed seed are those of the format's table") {
  test::CountingRandom random;
  const Bytes blob = test::sealed_blob(random);
  const SealedSeedHeader header = sealer();
  Writer expected;
  expected.text("BENS").u16_be(1).bytes(header.wallet_id).bytes(header.config_hash);
  for (const Hash384& pcr : header.image) expected.bytes(pcr);
  expected.u16_be(384);
  CHECK(equal(ByteView(blob).first(216), expected.view()));

  const Bytes payload = kms_key().decrypt(ByteView(blob).subspan(216, 384));
  REQUIRE(payload.size() == 68);
  CHECK(as_text(ByteView(payload).first(4)) == "BEN1");
  CHECK(equal(ByteView(payload).last(32), header.config_hash));
  const auto key =
      hkdf_sha256<32>(ByteView(payload).subspan(4, 32), ByteView(blob).subspan(600, 32), "ben/seal/v1");
  ByteArray<32> seed{};
  CHECK(aead_open(key, AeadNonce{}, ByteView(blob).first(632), ByteView(blob).subspan(632), seed));
  CHECK(equal(seed, wallet_seed().expose()));
}

TEST_CASE("a 4096-bit wrapping key gives a blob of 808 bytes that opens") {
  const test::KmsKey large(4096);
  test::CountingRandom random;
  const auto blob = seal_seed(wallet_seed(), sealer(), large.public_key(), random.draw());
  REQUIRE(blob.has_value());
  CHECK(blob->size() == 808);
  const auto sealed = parse_sealed_seed(*blob);
  REQUIRE(sealed.has_value());
  const Bytes payload = large.decrypt(sealed->wrapped_data_key);
  REQUIRE(payload.size() == wrap_payload_bytes);
  CHECK(open_sealed_seed(*sealed, test::to_payload(payload)).has_value());
}

TEST_CASE("a flipped bit anywhere in a sealed seed keeps it closed") {
  test::CountingRandom random;
  Bytes blob = test::sealed_blob(random);
  const Bytes payload = kms_key().decrypt(ByteView(blob).subspan(216, 384));
  for (std::size_t bit = 0; bit < blob.size() * 8; ++bit) {
    CAPTURE(bit);
    const std::size_t i = bit / 8;
    const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
    blob[i] ^= mask;
    const auto sealed = parse_sealed_seed(blob);
    if (sealed) {
      // Even with the right payload, which KMS would not give for another wrapped key.
      const auto opened = open_sealed_seed(*sealed, test::to_payload(payload));
      REQUIRE_FALSE(opened.has_value());
      CHECK(opened.error().tag.view() == "seal-open");
    } else {
      CHECK(sealed.error().tag.view() == "seal-form");
      CHECK((i < 6 || i == 214 || i == 215));  // magic, version, size
    }
    blob[i] ^= mask;
  }
  CHECK(open_as_kms(blob).has_value());
}

TEST_CASE("a sealed seed cut anywhere, or with a byte left over, is malformed") {
  test::CountingRandom random;
  Bytes blob = test::sealed_blob(random);
  for (std::size_t size = 0; size < blob.size(); ++size) {
    CAPTURE(size);
    const auto sealed = parse_sealed_seed(ByteView(blob).first(size));
    REQUIRE_FALSE(sealed.has_value());
    CHECK(sealed.error().tag.view() == "seal-form");
  }
  blob.push_back(0);
  CHECK_FALSE(parse_sealed_seed(blob).has_value());
}

TEST_CASE("every changed byte of the payload is the same refusal") {
  test::CountingRandom random;
  const Bytes blob = test::sealed_blob(random);
  const auto sealed = parse_sealed_seed(blob);
  Bytes payload = kms_key().decrypt(sealed->wrapped_data_key);
  for (std::uint8_t& byte : payload) {
    byte ^= 1U;
    const auto opened = open_sealed_seed(*sealed, test::to_payload(payload));
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == ErrorCode::refused);
    CHECK(opened.error().tag.view() == "seal-open");
    byte ^= 1U;
  }
}

TEST_CASE("two saves of one seed share neither data key nor salt nor ciphertext") {
  test::CountingRandom random;
  const Bytes first = test::sealed_blob(random);
  const Bytes second = test::sealed_blob(random);
  CHECK_FALSE(equal(ByteView(first).subspan(600, 32), ByteView(second).subspan(600, 32)));
  CHECK_FALSE(equal(ByteView(first).subspan(632), ByteView(second).subspan(632)));
  CHECK_FALSE(equal(kms_key().decrypt(ByteView(first).subspan(216, 384)),
                    kms_key().decrypt(ByteView(second).subspan(216, 384))));
}

TEST_CASE("parts of two blobs of one seed do not open together") {
  test::CountingRandom random;
  const Bytes first = test::sealed_blob(random);
  const Bytes second = test::sealed_blob(random);
  Bytes mixed = first;
  std::copy(second.begin() + 632, second.end(), mixed.begin() + 632);
  const auto opened = open_as_kms(mixed);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().tag.view() == "seal-open");
}

TEST_CASE("a payload wrapped for another config does not open a blob of this config") {
  test::CountingRandom random;
  SealedSeedHeader other = sealer();
  other.config_hash.fill(0x99);
  const auto foreign = seal_seed(wallet_seed(), other, kms_key().public_key(), random.draw());
  REQUIRE(foreign.has_value());
  Bytes relabelled = *foreign;
  std::fill(relabelled.begin() + 38, relabelled.begin() + 70, std::uint8_t{0x22});
  const auto opened = open_as_kms(relabelled);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().tag.view() == "seal-open");
  CHECK(parse_sealed_seed(*foreign)->header != sealer());  // as it is, the caller sees the other config
}

}  // namespace
}  // namespace ben
