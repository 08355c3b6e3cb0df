#include "eif/signature.hpp"

#include <doctest/doctest.h>

#include <memory>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "cbor/writer.hpp"

namespace ben::eif {
namespace {

template <auto free_function>
struct Free {
  template <typename T>
  void operator()(T* pointer) const noexcept {
    free_function(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;

Certificate make_certificate(EVP_PKEY* key) {
  Certificate certificate(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  REQUIRE(X509_sign(certificate.get(), key, EVP_sha384()) > 0);
  return certificate;
}

std::string to_pem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_X509(bio.get(), certificate) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Bytes sign_raw(EVP_PKEY* key, ByteView message) {
  const std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  REQUIRE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha384(), nullptr, key) == 1);
  Bytes der(256);
  std::size_t size = der.size();
  REQUIRE(EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()) == 1);
  const std::uint8_t* start = der.data();
  const std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>> signature(
      d2i_ECDSA_SIG(nullptr, &start, static_cast<long>(size)));
  Bytes raw(96);
  REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), 48) == 48);
  REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + 48, 48) == 48);
  return raw;
}

void put_integers(cbor::Writer& writer, ByteView bytes) {
  writer.array(bytes.size());
  for (const std::uint8_t byte : bytes) writer.unsigned_integer(byte);
}

Bytes payload_of(const Hash384& value, std::uint64_t index = 0) {
  cbor::Writer writer;
  writer.map(2).text("register_index").unsigned_integer(index).text("register_value");
  put_integers(writer, value);
  return writer.take();
}

const Bytes es384_header{0xa1, 0x01, 0x38, 0x22};
const Bytes es256_header{0xa1, 0x01, 0x26};

Bytes cose_of(EVP_PKEY* key, ByteView payload, ByteView header = es384_header,
              std::string_view context = "Signature1") {
  cbor::Writer signed_bytes;
  signed_bytes.array(4).text(context).bytes(header).bytes({}).bytes(payload);
  cbor::Writer cose;
  cose.array(4).bytes(header).map(0).bytes(payload).bytes(sign_raw(key, signed_bytes.take()));
  return cose.take();
}

Bytes section_of(std::string_view pem, ByteView cose) {
  cbor::Writer writer;
  writer.array(1).map(2).text("signing_certificate");
  put_integers(writer, as_bytes(pem));
  writer.text("signature");
  put_integers(writer, cose);
  return writer.take();
}

struct Signer {
  Key key{EVP_EC_gen("P-384")};
  Certificate certificate = make_certificate(key.get());
  std::string pem = to_pem(certificate.get());
};

const Hash384 pcr0 = sha384(as_bytes("an image"));

void check_refused(ByteView section, std::string_view tag) {
  const auto verified = verify_signature(section, pcr0);
  REQUIRE_FALSE(verified.has_value());
  CHECK(verified.error().tag.view() == tag);
}

TEST_CASE("a signature over this PCR0 verifies, and gives the certificate's bytes and dates") {
  const Signer signer;
  const auto verified =
      verify_signature(section_of(signer.pem, cose_of(signer.key.get(), payload_of(pcr0))), pcr0);
  REQUIRE(verified.has_value());
  Bytes der(4096);
  std::uint8_t* end = der.data();
  der.resize(static_cast<std::size_t>(i2d_X509(signer.certificate.get(), &end)));
  CHECK(verified->der == der);
  CHECK(verified->not_after_s - verified->not_before_s == 3600);
}

TEST_CASE("comments and other line ends around one certificate change nothing that is verified") {
  const Signer signer;
  const Bytes cose = cose_of(signer.key.get(), payload_of(pcr0));
  CHECK(verify_signature(section_of("Certificate of a test\n" + signer.pem, cose), pcr0).has_value());
  std::string windows;
  for (const char letter : signer.pem)
    windows += letter == '\n' ? std::string("\r\n") : std::string(1, letter);
  CHECK(verify_signature(section_of(windows, cose), pcr0).has_value());
}

TEST_CASE("a signature of something else, or by somebody else, is refused") {
  const Signer signer;
  const Signer other;
  EVP_PKEY* key = signer.key.get();
  const Bytes payload = payload_of(pcr0);
  Bytes tagged{0xd2};
  const Bytes cose = cose_of(key, payload);
  tagged.insert(tagged.end(), cose.begin(), cose.end());
  Bytes longer = cose;
  longer.push_back(0);
  Bytes zeros = cose;
  std::fill(zeros.end() - 96, zeros.end(), std::uint8_t{0});
  const Bytes cases[] = {cose_of(other.key.get(), payload),
                         cose_of(key, payload_of(sha384(as_bytes("another image")))),
                         cose_of(key, payload_of(pcr0, 1)),
                         cose_of(key, payload, es256_header),
                         cose_of(key, payload, es384_header, "Signature"),
                         tagged,
                         longer,
                         zeros,
                         Bytes(cose.begin(), cose.end() - 1),
                         Bytes{}};
  for (const Bytes& wrong : cases) check_refused(section_of(signer.pem, wrong), "eif-signature-pcr0");
}

TEST_CASE("a bit flipped anywhere in the COSE_Sign1 is noticed") {
  const Signer signer;
  const Bytes good = cose_of(signer.key.get(), payload_of(pcr0));
  for (std::size_t at = 0; at < good.size(); ++at) {
    CAPTURE(at);
    Bytes cose = good;
    cose[at] ^= 1U;
    check_refused(section_of(signer.pem, cose), "eif-signature-pcr0");
  }
}

TEST_CASE("a certificate that is none, or not one, or has another kind of key is refused") {
  const Signer signer;
  const Bytes cose = cose_of(signer.key.get(), payload_of(pcr0));
  const Key rsa(EVP_RSA_gen(2048));
  const Key ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const Key k256(EVP_EC_gen("secp256k1"));
  Bytes der(4096);
  std::uint8_t* end = der.data();
  der.resize(static_cast<std::size_t>(i2d_X509(signer.certificate.get(), &end)));
  Certificate signed_ed25519 = make_certificate(signer.key.get());
  X509_set_pubkey(signed_ed25519.get(), ed25519.get());
  for (const std::string& text :
       {std::string(), std::string("no PEM"), signer.pem + signer.pem, std::string(as_text(der)),
        signer.pem.substr(0, 100), to_pem(make_certificate(rsa.get()).get()),
        to_pem(make_certificate(k256.get()).get()), to_pem(signed_ed25519.get()),
        "-----BEGIN PUBLIC KEY-----" + signer.pem.substr(27)}) {
    CAPTURE(text);
    check_refused(section_of(text, cose), "eif-certificate");
  }
}

TEST_CASE("a section of another shape than AWS's builder writes is malformed") {
  const Signer signer;
  const Bytes cose = cose_of(signer.key.get(), payload_of(pcr0));
  const Bytes good = section_of(signer.pem, cose);
  REQUIRE(verify_signature(good, pcr0).has_value());

  cbor::Writer byte_strings;
  byte_strings.array(1)
      .map(2)
      .text("signing_certificate")
      .bytes(as_bytes(signer.pem))
      .text("signature")
      .bytes(cose);
  check_refused(byte_strings.take(), "eif-signature");

  const auto with_head = [&](Bytes head) {
    head.insert(head.end(), good.begin() + 1, good.end());
    return head;
  };
  check_refused(with_head({0x80}), "eif-signature");        // no element
  check_refused(with_head({0x82}), "eif-signature");        // two, of which one is there
  check_refused(with_head({0x9f}), "eif-signature");        // indefinite
  check_refused(with_head({0x98, 0x01}), "eif-signature");  // a longer head
  check_refused(with_head({0xa1}), "eif-signature");        // a map

  Bytes indefinite = with_head({0x9f});
  indefinite.push_back(0xff);
  check_refused(indefinite, "eif-signature");
  Bytes longer = good;
  longer.push_back(0);
  check_refused(longer, "eif-signature");
  check_refused({}, "eif-signature");

  cbor::Writer twice;
  twice.array(2);
  Bytes two = twice.take();
  for (int i = 0; i < 2; ++i) two.insert(two.end(), good.begin() + 1, good.end());
  check_refused(two, "eif-signature");

  cbor::Writer large;  // an integer that is no byte
  large.array(1).map(2).text("signing_certificate").array(1).unsigned_integer(256).text("signature").array(0);
  check_refused(large.take(), "eif-signature");

  cbor::Writer swapped;
  swapped.array(1).map(2).text("signature");
  put_integers(swapped, cose);
  swapped.text("signing_certificate");
  put_integers(swapped, as_bytes(signer.pem));
  check_refused(swapped.take(), "eif-signature");

  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    check_refused(ByteView(good).first(size), "eif-signature");
  }
  check_refused(Bytes(signature_bytes_max + 1, 0x80), "eif-signature");
}

}  // namespace
}  // namespace ben::eif
