#include "broker/evidence.hpp"

#include <memory>

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "attestation/aws_root.hpp"

namespace ben::broker {
namespace {

const std::string proof = R"(,"proof":{"boot_id":")" + std::string(32, '0') + R"(","log_root":")" +
                          std::string(64, '0') + R"(","signature":")" + std::string(128, '0') + "\"}}";

std::string to_pem(ByteView der) {
  const unsigned char* at = der.data();
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      d2i_X509(nullptr, &at, static_cast<long>(der.size())), &X509_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  REQUIRE(PEM_write_bio_X509(out.get(), certificate.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TEST_CASE("the broker's requests are those of the protocol") {
  CHECK(as_text(info_request()) == R"({"jsonrpc":"2.0","id":"broker","method":"get_info","params":{}})");
  CHECK(as_text(attestation_request(Bytes{0xab, 0x01})) ==
        R"({"jsonrpc":"2.0","id":"broker","method":"get_attestation","params":{"nonce":"ab01"}})");
  CHECK(
      as_text(
          unseal_request({.wallet_id = "", .sealed_seed = {1, 2, 3}, .certificate = R"({"payload":"x"})"})) ==
      R"({"jsonrpc":"2.0","id":"broker","method":"unseal","params":{"sealed_seed":"AQID","certificate":{"payload":"x"}}})");
  CHECK(as_text(policy_request(R"({"payload":"x"})")) ==
        R"({"jsonrpc":"2.0","id":"broker","method":"set_policy","params":{"policy":{"payload":"x"}}})");
}

TEST_CASE("an answer is a result or an error with its tag, and CONFIG's has no id") {
  for (const std::string id : {"\"broker\"", "null"}) {
    CAPTURE(id);
    const std::string head = R"({"jsonrpc":"2.0","id":)" + id;
    const auto refused = parse_own_answer(
        as_bytes(head + R"(,"error":{"code":-32020,"message":"no","data":{"tag":"state-busy"}})" + proof));
    REQUIRE(refused.has_value());
    CHECK(refused->tag == "state-busy");
    CHECK(refused->message == "no");
    const auto good = parse_own_answer(as_bytes(head + R"(,"result":{"a":1})" + proof));
    REQUIRE(good.has_value());
    CHECK(good->tag.empty());
    CHECK(good->result == R"({"a":1})");
  }
}

TEST_CASE("an answer to somebody else, or of another form, is malformed") {
  for (const std::string& text :
       {std::string(), std::string("{}"), R"({"jsonrpc":"2.0","id":7,"result":{})" + proof,
        std::string(R"({"jsonrpc":"2.0","id":"broker","result":{}})"),
        R"({"jsonrpc":"2.0","id":"broker","error":[])" + proof}) {
    CAPTURE(text);
    CHECK_FALSE(parse_own_answer(as_bytes(text)).has_value());
  }
}

TEST_CASE("evidence is a document and a statement, and nothing else") {
  const auto evidence = parse_evidence(R"({"document":"AQID","statement":"{}"})");
  REQUIRE(evidence.has_value());
  CHECK(evidence->document == Bytes{1, 2, 3});
  CHECK(evidence->statement == "{}");
  for (const char* text :
       {"", "{}", R"({"document":"AQID"})", R"({"document":"A","statement":"{}"})",
        R"({"document":"AQID","statement":1})", R"({"document":"AQID","statement":"{}","more":1})"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_evidence(text).has_value());
  }
}

TEST_CASE("a root is read from DER and PEM to the same bytes") {
  const ByteView root = attestation::aws_root_certificate();
  CHECK(parse_root(root).has_value());
  CHECK(equal(*parse_root(root), root));
  CHECK(equal(*parse_root(as_bytes(to_pem(root))), root));
  for (const std::string& text : {std::string(), std::string("x"), to_pem(root).substr(0, 200)}) {
    CAPTURE(text);
    const auto none = parse_root(as_bytes(text));
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().tag.view() == "broker-root");
  }
}

}  // namespace
}  // namespace ben::broker
