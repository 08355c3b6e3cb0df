#include "eif/signature.hpp"

#include <doctest/doctest.h>

#include <openssl/rsa.h>

#include "cbor/writer.hpp"
#include "host/eif/signer.hpp"

namespace ben::eif {
namespace {

using test::Key;
using test::make_certificate;
using test::Signer;
using test::to_pem;

Bytes sign_raw(EVP_PKEY* key, ByteView message) {
  const openssl::DigestContext context(EVP_MD_CTX_new());
  REQUIRE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha384(), nullptr, key) == 1);
  Bytes der(256);
  std::size_t size = der.size();
  REQUIRE(EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()) == 1);
  const std::uint8_t* start = der.data();
  const openssl::EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &start, static_cast<long>(size)));
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

const Hash384 pcr0 = sha384({as_bytes("an image")});

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
  Bytes map_filled = cose;
  map_filled[1 + 1 + es384_header.size()] = 0xa1;  // the unprotected header has an entry
  const std::pair<std::string_view, Bytes> cases[] = {
      {"eif-signature-value", cose_of(other.key.get(), payload)},
      {"eif-signature-pcr0", cose_of(key, payload_of(sha384({as_bytes("another image")})))},
      {"eif-signature-pcr0", cose_of(key, payload_of(pcr0, 1))},
      {"eif-signature-algorithm", cose_of(key, payload, es256_header)},
      {"eif-signature-value", cose_of(key, payload, es384_header, "Signature")},
      {"eif-signature-value", zeros},
      {"eif-signature", tagged},
      {"eif-signature", longer},
      {"eif-signature", map_filled},
      {"eif-signature", Bytes(cose.begin(), cose.end() - 1)},
      {"eif-signature", Bytes{}}};
  for (const auto& [tag, wrong] : cases) check_refused(section_of(signer.pem, wrong), tag);
}

TEST_CASE("a bit flipped anywhere in the COSE_Sign1 is noticed") {
  const Signer signer;
  const Bytes good = cose_of(signer.key.get(), payload_of(pcr0));
  for (std::size_t at = 0; at < good.size(); ++at) {
    CAPTURE(at);
    Bytes cose = good;
    cose[at] ^= 1U;
    CHECK_FALSE(verify_signature(section_of(signer.pem, cose), pcr0).has_value());
  }
}

std::string pem_block(const std::string& name, const std::string& content) {
  return "-----BEGIN " + name + "-----\n" + content + "-----END " + name + "-----\n";
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
  test::Certificate signed_ed25519 = make_certificate(signer.key.get());
  X509_set_pubkey(signed_ed25519.get(), ed25519.get());
  const std::tuple<std::string_view, std::string_view, std::string> cases[] = {
      {"eif-certificate", "there is no PEM block", ""},
      {"eif-certificate", "there is no PEM block", std::string(as_text(der))},
      {"eif-certificate", "there are two PEM blocks", signer.pem + signer.pem},
      {"eif-certificate", "the PEM block is damaged", signer.pem.substr(0, 100)},
      {"eif-certificate", "the PEM block is no certificate",
       pem_block("PUBLIC KEY", signer.pem.substr(28, 64) + "\n")},
      {"eif-certificate", "the certificate's DER is damaged", pem_block("CERTIFICATE", "AAAA\n")},
      {"eif-certificate-key", "", to_pem(make_certificate(rsa.get()).get())},
      {"eif-certificate-key", "", to_pem(make_certificate(k256.get()).get())},
      {"eif-certificate-key", "", to_pem(signed_ed25519.get())}};
  for (const auto& [tag, detail, text] : cases) {
    CAPTURE(text);
    const auto verified = verify_signature(section_of(text, cose), pcr0);
    REQUIRE_FALSE(verified.has_value());
    CHECK(verified.error().tag.view() == tag);
    CHECK(verified.error().detail.view() == detail);
  }
}

TEST_CASE("a certificate whose padded base64 has bits that nobody reads is refused") {
  std::string pem;
  while (pem.find('=') == std::string::npos) pem = Signer("P-256").pem;  // two of three are padded
  REQUIRE(parse_certificate(as_bytes(pem)).has_value());
  ++pem[pem.find('=') - 1];  // a multiple of four, so the next letter of the alphabet
  const auto parsed = parse_certificate(as_bytes(pem));
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().tag.view() == "eif-certificate");
  CHECK(parsed.error().detail.view() == "its base64 is spelled in another way than encoders do");
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

TEST_CASE(
    "what is signed verifies, on each curve, and is the section that AWS's builder writes but for r and s") {
  const std::tuple<const char*, Bytes, std::size_t> curves[] = {{"P-256", {0xa1, 0x01, 0x26}, 64},
                                                                {"P-384", {0xa1, 0x01, 0x38, 0x22}, 96},
                                                                {"P-521", {0xa1, 0x01, 0x38, 0x23}, 132}};
  for (const auto& [curve, header, signature_bytes] : curves) {
    CAPTURE(curve);
    const Signer signer(curve);
    const auto section = sign_pcr0(pcr0, signer.identity());
    REQUIRE(section.has_value());
    const auto verified = verify_signature(*section, pcr0);
    REQUIRE(verified.has_value());
    CHECK_FALSE(verify_signature(*section, sha384({as_bytes("another image")})).has_value());

    cbor::Writer cose;
    cose.array(4).bytes(header).map(0).bytes(payload_of(pcr0)).bytes(Bytes(signature_bytes));
    const Bytes unsigned_section = section_of(signer.pem, cose.take());
    const std::size_t same = unsigned_section.size() - signature_bytes;  // a zero is one byte each
    CHECK(equal(ByteView(*section).first(same), ByteView(unsigned_section).first(same)));
  }
}

TEST_CASE("a key that cannot sign for the certificate is refused") {
  const Signer signer;
  const Signer other;
  const auto refused = [&](std::string_view tag, const SigningIdentity& identity) {
    const auto section = sign_pcr0(pcr0, identity);
    REQUIRE_FALSE(section.has_value());
    CHECK(section.error().tag.view() == tag);
  };
  const auto with_key = [&](const std::string& pem) {
    return SigningIdentity{.certificate = signer.identity().certificate, .key = to_bytes(as_bytes(pem))};
  };
  refused("eif-signing-key", with_key(other.key_pem()));
  refused("eif-signing-key", with_key(Signer("P-256").key_pem()));
  refused("eif-signing-key", with_key(""));
  refused("eif-signing-key", with_key(signer.pem));
  const std::string locked = test::pem_of<PEM_write_bio_PKCS8PrivateKey>(signer.key.get(), EVP_aes_256_cbc(),
                                                                         "password", 8, nullptr, nullptr);
  refused("eif-signing-key", with_key(locked));

  SigningIdentity identity = signer.identity();
  identity.certificate = to_bytes(as_bytes(std::string(signature_bytes_max, 'a') + "\n" + signer.pem));
  refused("eif-signature", identity);
  identity.certificate = to_bytes(as_bytes("no certificate"));
  refused("eif-certificate", identity);
}

TEST_CASE("a certificate counts from its first to its last second") {
  const Signer signer;
  const auto certificate = describe_certificate(signer.certificate.get());
  REQUIRE(certificate.has_value());
  CHECK(admit_certificate_dates(*certificate, certificate->not_before_s).has_value());
  CHECK(admit_certificate_dates(*certificate, certificate->not_after_s).has_value());
  for (const std::int64_t now_s : {certificate->not_before_s - 1, certificate->not_after_s + 1}) {
    const auto admitted = admit_certificate_dates(*certificate, now_s);
    REQUIRE_FALSE(admitted.has_value());
    CHECK(admitted.error().tag.view() == "eif-certificate-date");
  }
}

}  // namespace
}  // namespace ben::eif
