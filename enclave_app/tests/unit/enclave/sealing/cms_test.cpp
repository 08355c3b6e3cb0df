#include "sealing/cms.hpp"

#include <doctest/doctest.h>

#include "base/writer.hpp"
#include "crypto/hash.hpp"
#include "enclave/sealing/sealing_fixture.hpp"
#include "kms/envelope.hpp"
#include "vectors.hpp"

namespace ben {
namespace {

using emulator::make_envelope;
using test::recipient_key;

const Secret<32> rejection(ByteArray<32>{7});

// Where the fields of a reply are; all other bytes are fixed.
constexpr std::size_t recipient_at = 33;
constexpr std::size_t encrypted_key_at = 131;
constexpr std::size_t iv_at = encrypted_key_at + 256 + 28;
constexpr std::size_t content_at = iv_at + 16;

Bytes payload_bytes() {
  Bytes bytes;
  for (std::uint8_t i = 0; i < wrap_payload_bytes; ++i) bytes.push_back(i);
  return bytes;
}

Bytes reply_with(ByteView content) {
  const Bytes whole = *make_envelope(recipient_key().spki_der(), payload_bytes());
  return Writer().bytes(ByteView(whole).first(content_at)).bytes(content).u64_be(0).take();
}

bool opens(ByteView reply) {
  return equal(open_kms_reply(recipient_key(), reply, rejection).expose(), payload_bytes());
}

TEST_CASE("the replies of AWS KMS that public test suites carry have the shape we read") {
  struct Case {
    std::string file;
    std::size_t ciphertext_bytes;
  };
  const Case cases[] = {{"01-sdk-c-constructed.ber", 48}, {"02-sdk-c-primitive.ber", 16},
                        {"11-rustcrypto-1.ber", 16},      {"12-rustcrypto-2.ber", 48},
                        {"13-rustcrypto-3.ber", 16},      {"14-rustcrypto-4.ber", 4112}};
  int parsed = 0;
  for (const Case& c : cases) {
    CAPTURE(c.file);
    const auto reply = test::read_vectors("kms-cms/" + c.file);
    if (!reply) return;
    const auto fields = parse_kms_reply(as_bytes(*reply));
    REQUIRE(fields.has_value());
    CHECK(fields->ciphertext.size() == c.ciphertext_bytes);
    CHECK(fields->encrypted_key.size() == 256);
    ++parsed;
  }
  CHECK(parsed == 6);
}

TEST_CASE("a reply opens in each form that KMS sends") {
  for (const std::size_t chunk_bytes : {0U, 1000U, 80U, 48U, 7U, 1U}) {
    CAPTURE(chunk_bytes);
    const auto reply =
        make_envelope(recipient_key().spki_der(), payload_bytes(), {.chunk_bytes = chunk_bytes});
    REQUIRE(reply.has_value());
    CHECK(opens(*reply));
  }
}

TEST_CASE("a changed bit of a fixed byte, anywhere in a reply, is malformed") {
  for (const std::size_t chunk_bytes : {0U, 40U}) {
    Bytes reply = *make_envelope(recipient_key().spki_der(), payload_bytes(), {.chunk_bytes = chunk_bytes});
    int fixed_bytes = 0;
    for (std::size_t i = 0; i < reply.size(); ++i) {
      const bool is_field = (i >= recipient_at && i < recipient_at + 32) ||
                            (i >= encrypted_key_at && i < encrypted_key_at + 256) || i >= iv_at;
      if (is_field && i + 8 < reply.size()) continue;
      for (unsigned bit = 0; bit < 8; ++bit) {
        reply[i] = static_cast<std::uint8_t>(reply[i] ^ (1U << bit));
        CAPTURE(i);
        REQUIRE_FALSE(parse_kms_reply(reply).has_value());
        reply[i] = static_cast<std::uint8_t>(reply[i] ^ (1U << bit));
      }
      ++fixed_bytes;
    }
    CHECK(fixed_bytes == 33 + 66 + 28 + 8);
    CHECK(opens(reply));
  }
}

TEST_CASE("a reply cut anywhere, or with a byte left over, is malformed") {
  Bytes reply = *make_envelope(recipient_key().spki_der(), payload_bytes());
  for (std::size_t size = 0; size < reply.size(); ++size) {
    CAPTURE(size);
    const auto fields = parse_kms_reply(ByteView(reply).first(size));
    REQUIRE_FALSE(fields.has_value());
    CHECK(fields.error().tag.view() == "kms-reply-form");
  }
  reply.push_back(0);
  CHECK_FALSE(parse_kms_reply(reply).has_value());
}

TEST_CASE("content is encoded one way only") {
  const Bytes block(16, 0xaa);
  const auto string = [](std::uint8_t tag, ByteView length, ByteView bytes) {
    return Writer().u8(tag).bytes(length).bytes(bytes).take();
  };
  const auto constructed = [](ByteView inner) {
    return Writer().u16_be(0xa080).bytes(inner).u16_be(0).take();
  };
  const Bytes chunk = string(0x04, Bytes{0x10}, block);

  CHECK(parse_kms_reply(reply_with(string(0x80, Bytes{0x10}, block))).has_value());
  CHECK(parse_kms_reply(reply_with(constructed(chunk))).has_value());

  struct Case {
    std::string what;
    Bytes content;
  };
  const Case cases[] = {
      {"no content", {}},
      {"empty primitive", {0x80, 0x00}},
      {"no chunk", constructed({})},
      {"empty chunk", constructed(Bytes{0x04, 0x00})},
      {"chunk of another type", constructed(string(0x03, Bytes{0x10}, block))},
      {"nested chunk", constructed(Writer().u16_be(0x2480).bytes(chunk).u16_be(0).take())},
      {"length in two bytes where one does", string(0x80, Bytes{0x81, 0x10}, block)},
      {"length in three bytes where one does", string(0x80, Bytes{0x82, 0x00, 0x10}, block)},
      {"length in three bytes where two do", string(0x80, Bytes{0x82, 0x00, 0x80}, Bytes(0x80, 1))},
      {"length in four bytes", string(0x80, Bytes{0x83, 0x00, 0x00, 0x10}, block)},
      {"definite length around chunks", string(0xa0, Bytes{0x12}, chunk)},
      {"no end after the chunks", Writer().u16_be(0xa080).bytes(chunk).take()},
      {"half a block", string(0x80, Bytes{0x08}, Bytes(8, 1))},
      {"length over the end", string(0x80, Bytes{0x82, 0xff, 0xff}, block)},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const auto fields = parse_kms_reply(reply_with(c.content));
    CHECK_FALSE(fields.has_value());
  }
}

TEST_CASE("what cannot be opened yields 68 bytes that depend on the fresh random bytes alone") {
  const Bytes reply = *make_envelope(recipient_key().spki_der(), payload_bytes());
  const auto changed = [&reply](std::size_t at) {
    Bytes copy = reply;
    copy[at] ^= 1U;
    return copy;
  };
  const WrapPayload rejected = open_kms_reply(recipient_key(), {}, rejection);
  CHECK_FALSE(equal(rejected.expose(), payload_bytes()));
  CHECK(open_kms_reply(recipient_key(), changed(recipient_at), rejection) == rejected);
  CHECK(open_kms_reply(recipient_key(), changed(encrypted_key_at), rejection) == rejected);
  CHECK(open_kms_reply(recipient_key(), changed(content_at + 4 + 79), rejection) == rejected);
  CHECK_FALSE(open_kms_reply(recipient_key(), {}, Secret<32>(ByteArray<32>{8})) == rejected);
}

TEST_CASE("a plaintext of another size than a payload, or with another padding, is rejected") {
  for (const std::size_t size : {0U, 32U, 63U, 64U, 67U, 69U, 70U, 79U, 80U}) {
    CAPTURE(size);
    const Bytes plaintext(size, 0x0c);
    const Bytes reply = *make_envelope(recipient_key().spki_der(), plaintext);
    CHECK(open_kms_reply(recipient_key(), reply, rejection) ==
          open_kms_reply(recipient_key(), {}, rejection));
  }
}

TEST_CASE("a reply to another RSA key is rejected before that key matters") {
  const auto other = RsaRecipientKey::generate();
  REQUIRE(other.has_value());
  Bytes reply = *make_envelope(other->spki_der(), payload_bytes());
  CHECK_FALSE(opens(reply));
  const Hash256 own = sha256(recipient_key().spki_der());
  std::copy(own.begin(), own.end(), reply.begin() + recipient_at);  // relabelled, but still not to our key
  CHECK_FALSE(opens(reply));
}

}  // namespace
}  // namespace ben
