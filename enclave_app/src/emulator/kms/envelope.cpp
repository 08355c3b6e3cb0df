#include "kms/envelope.hpp"

#include <algorithm>
#include <memory>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/writer.hpp"
#include "crypto/hash.hpp"

namespace ben::emulator {
namespace {

struct FreeAny {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
template <typename T>
using Handle = std::unique_ptr<T, FreeAny>;

constexpr std::size_t encrypted_key_bytes = 256;

constexpr std::uint8_t oid_enveloped_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                               0xf7, 0x0d, 0x01, 0x07, 0x03};
constexpr std::uint8_t oid_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
constexpr std::uint8_t oid_rsaes_oaep[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07};
constexpr std::uint8_t oid_mgf1[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08};
constexpr std::uint8_t oid_sha256[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
constexpr std::uint8_t oid_sha1[] = {0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a};
constexpr std::uint8_t oid_aes128_cbc[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02};
constexpr std::uint8_t oid_aes256_cbc[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a};
constexpr std::uint8_t null[] = {0x05, 0x00};
constexpr std::uint8_t version_2[] = {0x02, 0x01, 0x02};

constexpr std::uint8_t tag_octets = 0x04;
constexpr std::uint8_t tag_sequence = 0x30;
constexpr std::uint8_t tag_set = 0x31;
constexpr std::uint8_t tag_0_primitive = 0x80;
constexpr std::uint8_t tag_0 = 0xa0;
constexpr std::uint8_t tag_1 = 0xa1;

Bytes join(std::initializer_list<ByteView> parts) {
  Writer writer;
  for (const ByteView part : parts) writer.bytes(part);
  return writer.take();
}

Bytes definite(std::uint8_t tag, ByteView content) {
  Writer writer;
  writer.u8(tag);
  if (content.size() < 0x80) {
    writer.u8(static_cast<std::uint8_t>(content.size()));
  } else if (content.size() < 0x100) {
    writer.u8(0x81).u8(static_cast<std::uint8_t>(content.size()));
  } else {
    writer.u8(0x82).u16_be(static_cast<std::uint16_t>(content.size()));
  }
  return writer.bytes(content).take();
}

Bytes indefinite(std::uint8_t tag, ByteView content) {
  return Writer().u8(tag).u8(0x80).bytes(content).u16_be(0).take();
}

Bytes encrypt_oaep(EVP_PKEY* key, const EVP_MD* digest, ByteView plaintext) {
  const Handle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr));
  Bytes ciphertext(encrypted_key_bytes);
  std::size_t size = ciphertext.size();
  if (EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest) != 1 ||
      EVP_PKEY_encrypt(context.get(), ciphertext.data(), &size, plaintext.data(), plaintext.size()) != 1) {
    std::abort();
  }
  return ciphertext;
}

Bytes encrypt_cbc(const EVP_CIPHER* cipher, ByteView key, ByteView iv, ByteView plaintext) {
  const Handle<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
  Bytes ciphertext(plaintext.size() + 16);
  int written = 0;
  int last = 0;
  if (EVP_EncryptInit_ex(context.get(), cipher, nullptr, key.data(), iv.data()) != 1 ||
      EVP_EncryptUpdate(context.get(), ciphertext.data(), &written, plaintext.data(),
                        static_cast<int>(plaintext.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), ciphertext.data() + written, &last) != 1) {
    std::abort();
  }
  ciphertext.resize(static_cast<std::size_t>(written) + static_cast<std::size_t>(last));
  return ciphertext;
}

Bytes encode_content(ByteView ciphertext, std::size_t chunk_bytes) {
  if (chunk_bytes == 0) return definite(tag_0_primitive, ciphertext);
  Writer chunks;
  for (std::size_t i = 0; i < ciphertext.size(); i += chunk_bytes) {
    chunks.bytes(definite(tag_octets, ciphertext.subspan(i, std::min(chunk_bytes, ciphertext.size() - i))));
  }
  return indefinite(tag_0, chunks.view());
}

Bytes encode_recipient(ByteView spki, ByteView digest_oid, ByteView encrypted_key) {
  const Bytes digest_algorithm = definite(tag_sequence, join({digest_oid, null}));
  const Bytes mgf1_algorithm = definite(tag_sequence, join({oid_mgf1, digest_algorithm}));
  const Bytes parameters =
      definite(tag_sequence, join({definite(tag_0, digest_algorithm), definite(tag_1, mgf1_algorithm)}));
  return definite(tag_sequence, join({version_2, definite(tag_0_primitive, sha256(spki)),
                                      definite(tag_sequence, join({oid_rsaes_oaep, parameters})),
                                      definite(tag_octets, encrypted_key)}));
}

}  // namespace

Result<Bytes> make_envelope(ByteView recipient_spki, ByteView plaintext, const EnvelopeOptions& options) {
  const std::uint8_t* cursor = recipient_spki.data();
  const Handle<EVP_PKEY> key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(recipient_spki.size())));
  if (key == nullptr || cursor != recipient_spki.data() + recipient_spki.size() ||
      EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key.get()) != 2048) {
    return Error{ErrorCode::malformed, "kms-recipient", "kms: the recipient's key is not an RSA-2048 key"};
  }
  const bool is_sha1 = options.algorithm == EnvelopeAlgorithm::oaep_sha1;
  const bool is_aes128 = options.algorithm == EnvelopeAlgorithm::aes_128;
  Bytes content_key(is_aes128 ? 16 : 32);
  ByteArray<16> iv{};
  if (RAND_bytes(content_key.data(), static_cast<int>(content_key.size())) != 1 ||
      RAND_bytes(iv.data(), static_cast<int>(iv.size())) != 1) {
    std::abort();
  }
  const Bytes encrypted_key = encrypt_oaep(key.get(), is_sha1 ? EVP_sha1() : EVP_sha256(), content_key);
  const Bytes ciphertext =
      encrypt_cbc(is_aes128 ? EVP_aes_128_cbc() : EVP_aes_256_cbc(), content_key, iv, plaintext);

  const Bytes recipient =
      encode_recipient(recipient_spki, is_sha1 ? ByteView(oid_sha1) : ByteView(oid_sha256), encrypted_key);
  const Bytes cipher = definite(
      tag_sequence,
      join({is_aes128 ? ByteView(oid_aes128_cbc) : ByteView(oid_aes256_cbc), definite(tag_octets, iv)}));
  const Bytes encrypted_content = join({oid_data, cipher, encode_content(ciphertext, options.chunk_bytes)});
  const Bytes enveloped_data =
      join({version_2, definite(tag_set, recipient), indefinite(tag_sequence, encrypted_content)});
  return indefinite(tag_sequence,
                    join({oid_enveloped_data, indefinite(tag_0, indefinite(tag_sequence, enveloped_data))}));
}

}  // namespace ben::emulator
