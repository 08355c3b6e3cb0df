#include "sealing/cms.hpp"

#include "base/reader.hpp"
#include "crypto/cipher.hpp"
#include "crypto/hash.hpp"

namespace ben {
namespace {

// The fixed bytes around the fields, BER (ITU-T X.690). The two SEQUENCEs of the recipient have definite
// lengths, so these templates also fix the sizes of subject key identifier and encrypted key.
constexpr std::uint8_t before_recipient[] = {
    0x30, 0x80,                                                        // ContentInfo
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03,  // id-envelopedData
    0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x02,                          // EnvelopedData, version 2
    0x31, 0x82, 0x01, 0x6b, 0x30, 0x82, 0x01, 0x67, 0x02, 0x01, 0x02,  // one KeyTransRecipientInfo, version 2
    0x80, 0x20};                                                       // [0] SubjectKeyIdentifier
constexpr std::uint8_t before_encrypted_key[] = {
    0x30, 0x3c, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07,  // id-RSAES-OAEP
    0x30, 0x2f, 0xa0, 0x0f, 0x30, 0x0d,                                            // [0] hashAlgorithm
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,  // id-sha256, NULL
    0xa1, 0x1c, 0x30, 0x1a,                                                        // [1] maskGenAlgorithm
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d,  // id-mgf1
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,  // id-sha256, NULL
    0x04, 0x82, 0x01, 0x00};                                                       // EncryptedKey
constexpr std::uint8_t before_iv[] = {
    0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01,              // id-data
    0x30, 0x1d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a, 0x04, 0x10,  // aes256-CBC
};
constexpr std::uint8_t ends_of_all_four[] = {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

constexpr std::uint8_t tag_primitive_content = 0x80;
constexpr std::uint8_t tag_octet_string = 0x04;
constexpr std::uint8_t tag_constructed_content = 0xa0;
constexpr std::uint8_t indefinite_length = 0x80;

constexpr std::size_t block_bytes = 16;
constexpr std::size_t padding_bytes = block_bytes - wrap_payload_bytes % block_bytes;
constexpr std::size_t payload_ciphertext_bytes = wrap_payload_bytes + padding_bytes;

void expect(Reader& reader, ByteView fixed) {
  if (!equal(reader.take(fixed.size()), fixed)) reader.fail();
}

// A definite length in its shortest form, up to 65,535.
std::size_t read_length(Reader& reader) {
  const std::uint8_t first = reader.u8();
  if (first < 0x80) return first;
  const bool is_one_byte = first == 0x81;
  const auto length = static_cast<std::size_t>(reader.big_endian(is_one_byte ? 1 : 2));
  if ((!is_one_byte && first != 0x82) || length < (is_one_byte ? 0x80 : 0x100)) reader.fail();
  return length;
}

void append_string(Reader& reader, Bytes& content) {
  const ByteView bytes = reader.take(read_length(reader));
  if (bytes.empty()) reader.fail();
  content.insert(content.end(), bytes.begin(), bytes.end());
}

Bytes read_content(Reader& reader) {
  Bytes content;
  const std::uint8_t form = reader.u8();
  if (form == tag_primitive_content) {
    append_string(reader, content);
    return content;
  }
  if (form != tag_constructed_content || reader.u8() != indefinite_length) reader.fail();
  std::uint8_t tag = reader.u8();
  for (; tag == tag_octet_string; tag = reader.u8()) append_string(reader, content);
  if (tag != 0x00 || reader.u8() != 0x00) reader.fail();  // end of contents
  return content;
}

// 0xff where the last block ends as PKCS #7 pads a payload, 0x00 elsewhere; no branch on the bytes.
std::uint8_t padding_mask(ByteView plaintext) {
  unsigned difference = 0;
  for (const std::uint8_t byte : plaintext.last(padding_bytes)) difference |= byte ^ padding_bytes;
  return static_cast<std::uint8_t>((difference - 1U) >> 8U);
}

}  // namespace

Result<KmsReply> parse_kms_reply(ByteView cms) {
  constexpr Error bad_form =
      malformed("kms-reply-form", "kms: the reply is not EnvelopedData of the shape that KMS sends");
  Reader reader(cms);
  KmsReply reply{};
  expect(reader, before_recipient);
  reply.recipient = reader.array<32>();
  expect(reader, before_encrypted_key);
  reply.encrypted_key = reader.take(256);
  expect(reader, before_iv);
  reply.iv = reader.array<16>();
  reply.ciphertext = read_content(reader);
  expect(reader, ends_of_all_four);

  if (!reader.finish(bad_form.tag, bad_form.reason)) return bad_form;
  if (reply.ciphertext.empty() || reply.ciphertext.size() % block_bytes != 0) return bad_form;
  return reply;
}

WrapPayload open_kms_reply(const RsaRecipientKey& key, ByteView cms, const Secret<32>& rejection) {
  WrapPayload payload = hkdf_sha256<wrap_payload_bytes>(rejection.expose(), {}, "ben/reject/v1/payload");
  const auto reply = parse_kms_reply(cms);
  if (!reply || reply->recipient != sha256(key.spki_der()) ||
      reply->ciphertext.size() != payload_ciphertext_bytes)
    return payload;

  auto content_key = hkdf_sha256<32>(rejection.expose(), {}, "ben/reject/v1/content-key");
  static_cast<void>(key.decrypt_oaep(reply->encrypted_key, content_key));  // a fault leaves the key above
  Secret<payload_ciphertext_bytes> plaintext;
  aes256_cbc_decrypt(content_key, reply->iv, reply->ciphertext, plaintext.expose_mutable());
  const std::uint8_t keep = padding_mask(plaintext.expose());
  const auto out = payload.expose_mutable();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint8_t byte = plaintext.expose()[i];
    out[i] = static_cast<std::uint8_t>((byte & keep) | (out[i] & ~keep));
  }
  return payload;
}

}  // namespace ben
