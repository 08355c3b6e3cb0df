#include "wire/dsse.hpp"

#include <doctest/doctest.h>

#include "base/base64.hpp"

namespace ben::wire {
namespace {

Ed25519Key key_of(std::uint8_t fill) {
  ByteArray<32> seed{};
  seed.fill(fill);
  return Ed25519Key(Secret<32>(seed));
}

EnvelopeSignature sign(const Ed25519Key& key, std::string_view type, ByteView payload) {
  return {.key_id = key_id(key.public_key()),
          .signature = key.sign(pre_authentication_encoding(type, payload))};
}

struct Fixture {
  Ed25519Key first = key_of(1);
  Ed25519Key second = key_of(2);
  Ed25519Key stranger = key_of(3);
  std::vector<Ed25519PublicKey> keys{first.public_key(), second.public_key()};
  Envelope envelope{
      .payload_type = "text/plain", .payload = to_bytes(as_bytes("hello world")), .signatures = {}};

  Fixture() {
    envelope.signatures = {sign(first, "text/plain", envelope.payload),
                           sign(second, "text/plain", envelope.payload)};
  }
  std::string_view tag(std::size_t threshold = 2) const {
    const auto signers = verify_envelope(envelope, "text/plain", keys, threshold);
    return signers ? "" : signers.error().tag.view();
  }
};

TEST_CASE("the pre-authentication encoding is that of the DSSE specification's example") {
  CHECK(as_text(pre_authentication_encoding("http://example.com/HelloWorld", as_bytes("hello world"))) ==
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST_CASE_FIXTURE(Fixture, "enough distinct valid signatures verify and name their signers") {
  const auto signers = verify_envelope(envelope, "text/plain", keys, 2);
  REQUIRE(signers.has_value());
  CHECK(*signers == std::vector<Ed25519PublicKey>{keys[0], keys[1]});
}

TEST_CASE_FIXTURE(Fixture, "one key that signs twice is not two") {
  envelope.signatures = {envelope.signatures[0], envelope.signatures[0]};
  CHECK(tag() == "auth-duplicate");
}

TEST_CASE_FIXTURE(Fixture,
                  "too few signatures, a foreign key, another type and another payload are refused") {
  Fixture f;
  f.envelope.signatures.pop_back();
  CHECK(f.tag() == "auth-threshold");
  CHECK(f.tag(1).empty());
  f.envelope.signatures.push_back(sign(f.stranger, "text/plain", f.envelope.payload));
  CHECK(f.tag(1) == "auth-key");
  envelope.payload.push_back('!');
  CHECK(tag() == "auth-signature");
  Fixture g;
  g.envelope.payload_type = "text/html";
  CHECK(g.tag() == "auth-type");
}

TEST_CASE_FIXTURE(Fixture, "a flipped bit anywhere in a signature is refused") {
  for (std::size_t i = 0; i < 64; ++i) {
    envelope.signatures[1].signature[i] ^= 1U;
    CHECK(tag() == "auth-signature");
    envelope.signatures[1].signature[i] ^= 1U;
  }
}

TEST_CASE_FIXTURE(Fixture, "a flipped bit anywhere in an encoded envelope is refused") {
  const auto verifies = [&](const std::string& text) {
    const auto value = json::parse(as_bytes(text));
    const auto parsed = value ? parse_envelope(*value) : Result<Envelope>(value.error());
    return parsed && verify_envelope(*parsed, "text/plain", keys, 2);
  };
  std::string text = encode_envelope(envelope);
  CHECK(verifies(text));
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    CAPTURE(bit);
    const char kept = text[bit / 8];
    text[bit / 8] = static_cast<char>(kept ^ static_cast<char>(1U << bit % 8));
    CHECK_FALSE(verifies(text));
    text[bit / 8] = kept;
  }
}

TEST_CASE_FIXTURE(Fixture, "an encoded envelope parses back and verifies; others are malformed") {
  const auto value = json::parse(as_bytes(encode_envelope(envelope)));
  REQUIRE(value.has_value());
  const auto parsed = parse_envelope(*value);
  REQUIRE(parsed.has_value());
  CHECK(verify_envelope(*parsed, "text/plain", keys, 2).has_value());

  for (const char* text : {"null", "{}", R"({"payloadType":"t","payload":"","signatures":[]})",
                           R"({"payloadType":"t","payload":"!","signatures":[{"keyid":"a","sig":"b"}]})",
                           R"({"payloadType":"t","payload":"","signatures":[{"keyid":"a","sig":"Zg=="}]})",
                           R"({"payloadType":"t","payload":"","signatures":[1]})",
                           R"({"payloadType":1,"payload":"","signatures":[1]})"}) {
    CAPTURE(text);
    const auto bad = json::parse(as_bytes(text));
    REQUIRE(bad.has_value());
    const auto refused = parse_envelope(*bad);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().tag.view() == "auth-envelope");
  }
}

}  // namespace
}  // namespace ben::wire
