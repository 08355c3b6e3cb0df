#include "nsm/document_signer.hpp"

#include <doctest/doctest.h>

#include "attestation/verify.hpp"
#include "cbor/writer.hpp"
#include "nsm/client.hpp"

namespace ben::emulator {
namespace {

constexpr std::uint64_t now_s = 1'790'000'000;
const EnclaveName enclave{.number = 0x19a5376999041b1};

const TestPki& test_pki() {
  static const TestPki pki = TestPki::make();
  return pki;
}

Hash384 filled(std::uint8_t byte) {
  Hash384 value{};
  value.fill(byte);
  return value;
}

// A document as QEMU's hw/virtio/virtio-nsm.c makes it.
Bytes unsigned_document() {
  constexpr ByteArray<64> zeros{};
  constexpr ByteArray<5> nonce{1, 2, 3, 4, 5};
  cbor::Writer payload;
  payload.map(9).text("module_id").text(module_id_of(enclave)).text("digest").text("SHA384");
  payload.text("timestamp").unsigned_integer(now_s * 1000);
  payload.text("pcrs").map(17);
  for (std::uint8_t index = 0; index < 17; ++index)
    payload.unsigned_integer(index).bytes(filled(0xa0 + index));
  payload.text("certificate").bytes(zeros).text("cabundle").array(1).bytes(zeros);
  payload.text("public_key").bytes_or_null(std::nullopt).text("user_data").bytes_or_null(std::nullopt);
  payload.text("nonce").bytes(nonce);
  constexpr ByteArray<3> algorithm_unset{0xa1, 0x01, 0x20};
  return cbor::Writer().array(4).bytes(algorithm_unset).map(0).bytes(payload.take()).bytes(zeros).take();
}

Bytes signed_by(DocumentSigner& signer, ByteView document) {
  Bytes reply(nsm_reply_bytes_max);
  const auto size = signer.exchange(document, reply);
  REQUIRE(size.has_value());
  reply.resize(*size);
  return reply;
}

TEST_CASE("what QEMU says is signed as it is, and was nothing before") {
  const attestation::Trust trust{.root_certificate = test_pki().root_certificate(), .time_s = now_s};
  const Bytes before = unsigned_document();
  CHECK_FALSE(attestation::verify_document(before, trust).has_value());

  DocumentSigner signer(test_pki(), enclave, false);
  const Bytes after = signed_by(signer, before);
  const auto document = attestation::verify_document(after, trust);
  REQUIRE(document.has_value());
  CHECK(document->module_id == module_id_of(enclave));
  CHECK(document->timestamp_ms == now_s * 1000);
  CHECK_FALSE(document->is_debug);
  for (std::uint8_t index = 0; index < 17; ++index) {
    CHECK(document->pcrs.at(index) == filled(0xa0 + index));
  }
}

TEST_CASE("the document of a debug enclave shows no measurement of the image") {
  DocumentSigner signer(test_pki(), enclave, true);
  const Bytes after = signed_by(signer, unsigned_document());
  const auto document = attestation::verify_document(
      after, {.root_certificate = test_pki().root_certificate(), .time_s = now_s});
  REQUIRE(document.has_value());
  CHECK(document->is_debug);
  CHECK(document->pcrs.at(3) == filled(0xa3));
}

TEST_CASE("what is no document of QEMU's is not signed, wherever it is cut") {
  DocumentSigner signer(test_pki(), enclave, false);
  const Bytes whole = unsigned_document();
  Bytes reply(nsm_reply_bytes_max);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(signer.exchange(ByteView(whole).first(size), reply).has_value());
  }
}

}  // namespace
}  // namespace ben::emulator
