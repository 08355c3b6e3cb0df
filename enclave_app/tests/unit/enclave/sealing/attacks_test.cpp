// The attacks of a parent that carries KMS's reply, each first against a naive opener, where it works, then
// against ours. The parent knows the RSA public key (it is in the attestation document) and every blob and
// reply that passes, and sees the answer to whatever it sends.
#include <functional>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crypto/cipher.hpp"
#include "crypto/hash.hpp"
#include "enclave/sealing/sealing_fixture.hpp"
#include "kms/envelope.hpp"
#include "sealing/cms.hpp"

namespace ben {
namespace {

using emulator::make_envelope;
using test::kms_key;
using test::recipient_key;
using test::sealer;
using test::wallet_seed;

constexpr std::size_t encrypted_key_at = 131;
constexpr std::size_t iv_at = encrypted_key_at + 256 + 28;
constexpr std::size_t content_at = iv_at + 16;
constexpr std::size_t block_bytes = 16;

// What the parent sees of an attempt to open.
std::string answer_of(const Result<WalletSeed>& opened) {
  if (opened) return "opened";
  return std::string(opened.error().tag.view()) + ": " + std::string(opened.error().reason.view());
}

// Our opener, as the signer uses it: fresh random bytes for each reply.
Result<WalletSeed> open_ours(ByteView blob, ByteView reply) {
  static std::uint8_t attempt = 0;
  const Secret<32> rejection(ByteArray<32>{++attempt, 0x77});
  const auto sealed = parse_sealed_seed(blob);
  if (!sealed) return sealed.error();
  return open_sealed_seed(*sealed, open_kms_reply(recipient_key(), reply, rejection));
}

// Looks at the same bytes, but says "padding" where it finds bad padding, as CMS libraries do.
std::string naive_answer(const SealedSeed& sealed, ByteView reply) {
  const auto fields = parse_kms_reply(reply);
  if (!fields) return "malformed";
  // The attack keeps the encrypted key, so its RSA result is kept too: only the time of the test changes.
  static Bytes known_key;
  static Secret<32> content_key;
  if (!equal(known_key, fields->encrypted_key)) {
    if (!recipient_key().decrypt_oaep(fields->encrypted_key, content_key)) return "rsa";
    known_key = to_bytes(fields->encrypted_key);
  }
  Bytes plaintext(fields->ciphertext.size());
  aes256_cbc_decrypt(content_key, fields->iv, fields->ciphertext, plaintext);
  const ByteView bytes = plaintext;
  const std::size_t padding = bytes.back();
  if (padding == 0 || padding > block_bytes) return "padding";
  for (const std::uint8_t byte : bytes.last(padding)) {
    if (byte != padding) return "padding";
  }
  if (bytes.size() - padding != wrap_payload_bytes) return "size";
  return answer_of(open_sealed_seed(sealed, test::to_payload(bytes)));
}

// A reply with the encrypted key of `genuine` and as much content, which ends in two blocks of the attacker's
// choice: decrypting the last one yields its inner value XOR `before`.
Bytes crafted_reply(ByteView genuine, ByteView before, ByteView block) {
  Bytes reply = to_bytes(genuine.first(content_at + 2));
  reply.insert(reply.end(), 3 * block_bytes, 0xf1);
  reply.insert(reply.end(), before.begin(), before.end());
  reply.insert(reply.end(), block.begin(), block.end());
  reply.insert(reply.end(), 8, 0);
  return reply;
}

using Oracle = std::function<bool(ByteView reply)>;  // true: the answer is that of good padding

// Vaudenay's attack on one block: its inner value, from the last byte to the first.
// Empty when no guess makes the oracle say yes.
std::optional<ByteArray<block_bytes>> recover_block(ByteView genuine, ByteView block, const Oracle& oracle) {
  ByteArray<block_bytes> decrypted{};
  for (std::size_t position = block_bytes; position-- > 0;) {
    const auto padding = static_cast<std::uint8_t>(block_bytes - position);
    ByteArray<block_bytes> before{};
    before.fill(0x55);
    for (std::size_t i = position + 1; i < block_bytes; ++i) before[i] = decrypted[i] ^ padding;
    bool found = false;
    for (unsigned guess = 0; guess < 256 && !found; ++guess) {
      before[position] = static_cast<std::uint8_t>(guess);
      found = oracle(crafted_reply(genuine, before, block));
      if (found && position > 0) {  // rule out that a longer padding happens to fit
        before[position - 1] ^= 1U;
        found = oracle(crafted_reply(genuine, before, block));
        before[position - 1] ^= 1U;
      }
    }
    if (!found) return std::nullopt;
    decrypted[position] = before[position] ^ padding;
  }
  return decrypted;
}

// The whole payload of a genuine reply with primitive content; as much of it as the oracle gives away.
Bytes recover_payload(ByteView genuine, const Oracle& oracle) {
  const ByteView ciphertext = genuine.subspan(content_at + 2, 80);
  ByteView before = genuine.subspan(iv_at, block_bytes);
  Bytes plaintext;
  for (std::size_t at = 0; at < ciphertext.size(); at += block_bytes) {
    const ByteView block = ciphertext.subspan(at, block_bytes);
    const auto decrypted = recover_block(genuine, block, oracle);
    if (!decrypted) return plaintext;
    for (std::size_t i = 0; i < block_bytes; ++i) plaintext.push_back((*decrypted)[i] ^ before[i]);
    before = block;
  }
  plaintext.resize(wrap_payload_bytes);
  return plaintext;
}

// A boot as the parent sees it: a blob, and the genuine reply that opens it.
struct Boot {
  Bytes blob;
  Bytes payload;
  Bytes reply;
};
Boot boot() {
  test::CountingRandom random;
  Boot made{.blob = test::sealed_blob(random), .payload = {}, .reply = {}};
  made.payload = kms_key().decrypt(parse_sealed_seed(made.blob)->wrapped_data_key);
  made.reply = *make_envelope(recipient_key().spki_der(), made.payload, {.chunk_bytes = 0});
  return made;
}

TEST_CASE("a padding oracle gives the payload away byte by byte; ours gives nothing") {
  const Boot made = boot();
  const auto sealed = parse_sealed_seed(made.blob);
  std::size_t queries = 0;
  const Bytes stolen = recover_payload(made.reply, [&](ByteView reply) {
    ++queries;
    return naive_answer(*sealed, reply) != "padding";
  });
  CHECK(equal(stolen, made.payload));
  CHECK(queries > 5000);
  // With it the parent opens the blob by itself.
  const auto opened = open_sealed_seed(*sealed, test::to_payload(stolen));
  REQUIRE(opened.has_value());
  CHECK(*opened == wallet_seed());

  const std::string refusal = answer_of(open_ours(made.blob, {}));
  const Bytes nothing = recover_payload(
      made.reply, [&](ByteView reply) { return answer_of(open_ours(made.blob, reply)) != refusal; });
  CHECK(nothing.empty());
}

TEST_CASE("2,500 altered replies get one and the same answer") {
  const Boot made = boot();
  REQUIRE(answer_of(open_ours(made.blob, made.reply)) == "opened");
  const std::string refusal = answer_of(open_ours(made.blob, {}));
  CHECK(refusal.starts_with("seal-open: "));

  std::size_t answers = 0;
  const auto same = [&](ByteView reply) {
    ++answers;
    return answer_of(open_ours(made.blob, reply)) == refusal;
  };
  // Shape, recipient, RSA, each block and the padding: two bits of every byte.
  for (const unsigned change : {0x01U, 0x80U}) {
    for (std::size_t i = 0; i < made.reply.size(); ++i) {
      Bytes altered = made.reply;
      altered[i] = static_cast<std::uint8_t>(altered[i] ^ change);
      CAPTURE(i);
      REQUIRE(same(altered));
    }
  }
  // The queries of the padding attack: every last byte for each of the five blocks.
  for (std::size_t block = 0; block < 5; ++block) {
    const ByteView bytes = ByteView(made.reply).subspan(content_at + 2 + block * block_bytes, block_bytes);
    for (unsigned guess = 0; guess < 256; ++guess) {
      ByteArray<block_bytes> before{};
      before[15] = static_cast<std::uint8_t>(guess);
      REQUIRE(same(crafted_reply(made.reply, before, bytes)));
    }
  }
  // Forged with good RSA and good padding, of every size up to five blocks.
  for (std::size_t size = 0; size < 80; ++size) {
    REQUIRE(same(*make_envelope(recipient_key().spki_der(), Bytes(size, 0x0c))));
  }
  // All values of the last padding byte, with the rest genuine.
  for (unsigned value = 0; value < 256; ++value) {
    Bytes altered = made.reply;
    std::uint8_t& before_last = altered[content_at + 2 + 63];
    if (before_last == value) continue;
    before_last = static_cast<std::uint8_t>(value);
    REQUIRE(same(altered));
  }
  CHECK(answers >= 2500);
}

TEST_CASE("a reply forged with a key of the parent's choice opens nothing and never seals") {
  const Boot made = boot();
  Bytes chosen(wrap_payload_bytes, 0xee);
  std::copy_n("BEN1", 4, chosen.begin());
  std::fill(chosen.begin() + 36, chosen.end(), std::uint8_t{0x22});  // the right config hash
  const Bytes forged = *make_envelope(recipient_key().spki_der(), chosen);
  const Secret<32> chosen_key(ByteView(chosen).subspan<4, 32>());

  // Naive: the data key of the reply seals the new seed, as with GenerateDataKey. The parent reads it.
  const WrapPayload received = open_kms_reply(recipient_key(), forged, Secret<32>());
  const Secret<32> received_key(received.expose().subspan<4, 32>());
  const Bytes naive_blob = aead_seal(received_key, AeadNonce{}, {}, wallet_seed().expose());
  ByteArray<32> stolen{};
  REQUIRE(aead_open(chosen_key, AeadNonce{}, {}, naive_blob, stolen));
  CHECK(equal(stolen, wallet_seed().expose()));

  // Ours: the forged reply does not open our blob, and sealing afterwards takes no key from any reply.
  CHECK(answer_of(open_ours(made.blob, forged)) == answer_of(open_ours(made.blob, {})));
  test::CountingRandom random;
  const Bytes next_blob = test::sealed_blob(random);
  const auto next = parse_sealed_seed(next_blob);
  CHECK_FALSE(open_sealed_seed(*next, test::to_payload(chosen)).has_value());
  CHECK(open_sealed_seed(*next, test::to_payload(kms_key().decrypt(next->wrapped_data_key))).has_value());
}

TEST_CASE("a blob and a reply of one forger open together, so the seed has to prove whose it is") {
  // Anybody can seal a seed of his own to a public key. What tells it from the wallet's is not here: the
  // caller derives wallet_id from the opened seed, and asks for the admins' certificate over it.
  test::CountingRandom random;
  const WalletSeed forgers_seed(ByteArray<32>{0xba, 0xd0});
  const auto blob = seal_seed(forgers_seed, sealer(), kms_key().public_key(), random.draw());
  REQUIRE(blob.has_value());
  const Bytes payload = kms_key().decrypt(parse_sealed_seed(*blob)->wrapped_data_key);
  const auto opened = open_ours(*blob, *make_envelope(recipient_key().spki_der(), payload));
  REQUIRE(opened.has_value());
  CHECK(*opened == forgers_seed);
  CHECK_FALSE(*opened == wallet_seed());
}

TEST_CASE("a reply of an earlier boot, to the RSA key of that boot, opens nothing") {
  const Boot made = boot();
  const auto earlier = RsaRecipientKey::generate();
  REQUIRE(earlier.has_value());
  const Bytes replayed = *make_envelope(earlier->spki_der(), made.payload, {.chunk_bytes = 0});
  CHECK(answer_of(open_ours(made.blob, replayed)) == answer_of(open_ours(made.blob, {})));
}

// Messages that OpenSSL makes and its CMS_decrypt opens, to show what a library would let through.
struct Variant {
  std::string what;
  int padding;
  const EVP_MD* digest;
  const EVP_CIPHER* cipher;
  unsigned flags;
  int recipients;
  bool trailing_byte;
};

struct FreeCertificate {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

// A certificate for `key`, as CMS_add1_recipient wants one; nobody checks its signature.
Certificate make_certificate(EVP_PKEY* key, EVP_PKEY* signer) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  X509_set_pubkey(certificate.get(), key);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(octets, reinterpret_cast<const unsigned char*>("01234567890123456789012345678901"),
                        32);
  X509_add1_ext_i2d(certificate.get(), NID_subject_key_identifier, octets, 0, X509V3_ADD_DEFAULT);
  ASN1_OCTET_STRING_free(octets);
  REQUIRE(X509_sign(certificate.get(), signer, EVP_sha256()) > 0);
  return certificate;
}

Bytes encrypt_variant(const Variant& variant, X509* certificate, ByteView payload) {
  BIO* data = BIO_new_mem_buf(payload.data(), static_cast<int>(payload.size()));
  CMS_ContentInfo* cms = CMS_encrypt(nullptr, data, variant.cipher, CMS_PARTIAL | CMS_BINARY);
  for (int i = 0; i < variant.recipients; ++i) {
    CMS_RecipientInfo* recipient =
        CMS_add1_recipient(cms, certificate, nullptr, nullptr, CMS_KEY_PARAM | variant.flags);
    EVP_PKEY_CTX* context = CMS_RecipientInfo_get0_pkey_ctx(recipient);
    EVP_PKEY_CTX_set_rsa_padding(context, variant.padding);
    if (variant.padding == RSA_PKCS1_OAEP_PADDING) EVP_PKEY_CTX_set_rsa_oaep_md(context, variant.digest);
  }
  REQUIRE(CMS_final(cms, data, nullptr, CMS_BINARY) == 1);
  std::uint8_t* der = nullptr;
  const int size = i2d_CMS_ContentInfo(cms, &der);
  REQUIRE(size > 0);
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  CMS_ContentInfo_free(cms);
  BIO_free(data);
  if (variant.trailing_byte) bytes.push_back(0);
  return bytes;
}

Bytes openssl_decrypt(ByteView message, EVP_PKEY* key) {
  const std::uint8_t* cursor = message.data();
  CMS_ContentInfo* cms = d2i_CMS_ContentInfo(nullptr, &cursor, static_cast<long>(message.size()));
  BIO* out = BIO_new(BIO_s_mem());
  Bytes plaintext;
  if (cms != nullptr && CMS_decrypt(cms, key, nullptr, nullptr, out, 0) == 1) {
    plaintext.resize(BIO_ctrl_pending(out));
    BIO_read(out, plaintext.data(), static_cast<int>(plaintext.size()));
  }
  BIO_free(out);
  CMS_ContentInfo_free(cms);
  return plaintext;
}

TEST_CASE("messages of other kinds that OpenSSL's CMS_decrypt opens are all refused alike") {
  const Variant variants[] = {
      {"PKCS #1 v1.5", RSA_PKCS1_PADDING, nullptr, EVP_aes_256_cbc(), CMS_USE_KEYID, 1, false},
      {"OAEP with SHA-1", RSA_PKCS1_OAEP_PADDING, EVP_sha1(), EVP_aes_256_cbc(), CMS_USE_KEYID, 1, false},
      {"OAEP with SHA-512", RSA_PKCS1_OAEP_PADDING, EVP_sha512(), EVP_aes_256_cbc(), CMS_USE_KEYID, 1, false},
      {"AES-128", RSA_PKCS1_OAEP_PADDING, EVP_sha256(), EVP_aes_128_cbc(), CMS_USE_KEYID, 1, false},
      {"triple DES", RSA_PKCS1_OAEP_PADDING, EVP_sha256(), EVP_des_ede3_cbc(), CMS_USE_KEYID, 1, false},
      {"issuer and serial", RSA_PKCS1_OAEP_PADDING, EVP_sha256(), EVP_aes_256_cbc(), 0, 1, false},
      {"two recipients", RSA_PKCS1_OAEP_PADDING, EVP_sha256(), EVP_aes_256_cbc(), CMS_USE_KEYID, 2, false},
      {"a trailing byte", RSA_PKCS1_OAEP_PADDING, EVP_sha256(), EVP_aes_256_cbc(), CMS_USE_KEYID, 1, true},
      {"DER", RSA_PKCS1_OAEP_PADDING, EVP_sha256(), EVP_aes_256_cbc(), CMS_USE_KEYID, 1, false},
  };
  const KeyHandle theirs(EVP_RSA_gen(2048));
  const Bytes& spki = recipient_key().spki_der();
  const std::uint8_t* cursor = spki.data();
  const KeyHandle ours(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(spki.size())));
  const Certificate to_theirs = make_certificate(theirs.get(), theirs.get());
  const Certificate to_ours = make_certificate(ours.get(), theirs.get());

  const Boot made = boot();
  const std::string refusal = answer_of(open_ours(made.blob, {}));
  for (const Variant& variant : variants) {
    CAPTURE(variant.what);
    const Bytes naive = encrypt_variant(variant, to_theirs.get(), made.payload);
    CHECK(equal(openssl_decrypt(naive, theirs.get()), made.payload));
    const Bytes message = encrypt_variant(variant, to_ours.get(), made.payload);
    CHECK_FALSE(parse_kms_reply(message).has_value());
    CHECK(answer_of(open_ours(made.blob, message)) == refusal);
  }
  ERR_clear_error();
}

TEST_CASE("OpenSSL's CMS_decrypt opens what we take for KMS's shape") {
  const KeyHandle key(EVP_RSA_gen(2048));
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  const Bytes spki(der, der + size);
  OPENSSL_free(der);
  for (const std::size_t chunk_bytes : {0U, 1000U, 30U}) {
    const Bytes plaintext(wrap_payload_bytes, 0x42);
    const auto envelope = make_envelope(spki, plaintext, {.chunk_bytes = chunk_bytes});
    REQUIRE(envelope.has_value());
    CHECK(parse_kms_reply(*envelope).has_value());
    CHECK(equal(openssl_decrypt(*envelope, key.get()), plaintext));
  }
}

}  // namespace
}  // namespace ben
