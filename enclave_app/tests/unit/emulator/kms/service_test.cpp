#include "kms/service.hpp"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "enclave/sealing/sealing_fixture.hpp"
#include "folder.hpp"
#include "nsm/client.hpp"
#include "nsm/software_nsm.hpp"
#include "sealing/cms.hpp"

namespace ben::emulator {
namespace {

using namespace std::chrono_literals;
using test::recipient_key;

constexpr std::chrono::sys_seconds now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 12h;
const AwsCredentials credentials{.access_key_id = "test", .secret_access_key = "secret", .session_token = {}};

BootFacts image(std::uint8_t pcr0) {
  BootFacts facts;
  facts.pcr0.fill(pcr0);
  facts.pcr1.fill(0x31);
  facts.pcr2.fill(0x32);
  return facts;
}

// A service with its folder and the root it believes in.
class Bench {
 public:
  Bench() { reopen(); }

  void reopen() {
    KmsServiceOptions options;
    options.callers = {{"test", "secret", "arn:aws:iam::000000000000:role/host"}};
    options.root_certificate = pki.root_certificate();
    options.clock = [this] { return clock; };
    service_ = std::make_unique<KmsService>(std::move(options), *KeyStore::open(folder_.path()));
  }

  HttpResponse send(const std::string& operation, const Json& body, const Fault& fault = {}) {
    HttpRequest request{.method = "POST",
                        .url = *parse_url("http://127.0.0.1:4566/"),
                        .headers = {{"Content-Type", "application/x-amz-json-1.1"},
                                    {"X-Amz-Target", "TrentService." + operation}},
                        .body = body.dump()};
    sign_request(request, credentials, "us-east-1", "kms", clock);
    request.headers.push_back({"Host", "127.0.0.1:4566"});
    return service_->handle(request, fault);
  }
  HttpResponse send(const HttpRequest& request) { return service_->handle(request); }

  // The answer of a call that succeeds.
  Json call(const std::string& operation, const Json& body, const Fault& fault = {}) {
    const HttpResponse response = send(operation, body, fault);
    CAPTURE(response.body);
    REQUIRE(response.status == 200);
    return Json::parse(response.body);
  }

  // The error type of a call that fails.
  std::string refusal(const std::string& operation, const Json& body) {
    const HttpResponse response = send(operation, body);
    CAPTURE(response.body);
    REQUIRE(response.status == 400);
    return text_at(Json::parse(response.body), "__type");
  }

  std::string make_key(const Json& body) { return call("CreateKey", body)["KeyMetadata"]["Arn"]; }

  // A document of an enclave with that boot and config, for the recipient key of the tests.
  Bytes document(const BootFacts& facts, std::optional<ByteView> public_key = recipient_key().spki_der(),
                 const TestPki* other_root = nullptr) {
    SoftwareNsm module(other_root != nullptr ? *other_root : pki, facts, [this] {
      return static_cast<std::uint64_t>(clock.time_since_epoch().count()) * 1000;
    });
    NsmClient nsm(module);
    const Bytes config(48, 0xc0);
    REQUIRE(nsm.extend_pcr(16, config).has_value());
    REQUIRE(nsm.lock_pcrs(32).has_value());
    const auto made =
        nsm.attestation({.user_data = as_bytes("ben/kms/v1"), .nonce = {}, .public_key = public_key});
    REQUIRE(made.has_value());
    return *made;
  }

  TestPki pki = TestPki::make();
  std::chrono::sys_seconds clock = now;

 private:
  ben::test::Folder folder_;
  std::unique_ptr<KmsService> service_;
};

Json recipient_of(ByteView document) {
  return {{"KeyEncryptionAlgorithm", "RSAES_OAEP_SHA_256"}, {"AttestationDocument", encode_base64(document)}};
}

// Decrypt only with a document of this image; the rest to anybody of the account.
std::string policy_for(std::uint8_t pcr0) {
  const std::string value = encode_hex(Bytes(48, pcr0));
  return Json{
      {"Statement",
       {{{"Sid", "Use"},
         {"Effect", "Allow"},
         {"Principal", {{"AWS", "arn:aws:iam::000000000000:root"}}},
         {"Action", "kms:Decrypt"},
         {"Resource", "*"},
         {"Condition", {{"StringEqualsIgnoreCase", {{"kms:RecipientAttestation:ImageSha384", value}}}}}},
        {{"Sid", "Look"},
         {"Effect", "Allow"},
         {"Principal", "*"},
         {"Action", {"kms:DescribeKey", "kms:Get*", "kms:Put*", "kms:Encrypt"}},
         {"Resource", "*"}}}}}
      .dump();
}

// A key under that policy, a seed sealed to it, and the request that opens it.
struct Sealed {
  Bytes blob;
  Json request;
};
Sealed seal_under_policy(Bench& bench) {
  const std::string arn = bench.make_key({{"KeySpec", "RSA_3072"}, {"Policy", policy_for(0xa0)}});
  const Json answer = bench.call("GetPublicKey", {{"KeyId", arn}});
  const auto spki = parse_base64(text_at(answer, "PublicKey"));
  const auto key = RsaPublicKey::parse(*spki);
  REQUIRE(key.has_value());
  test::CountingRandom random;
  const auto blob = seal_seed(test::wallet_seed(), test::sealer(), *key, random.draw());
  REQUIRE(blob.has_value());
  const Json request{{"KeyId", arn},
                     {"EncryptionAlgorithm", "RSAES_OAEP_SHA_256"},
                     {"CiphertextBlob", encode_base64(parse_sealed_seed(*blob)->wrapped_data_key)},
                     {"Recipient", recipient_of(bench.document(image(0xa0)))}};
  return {*blob, request};
}

Result<WalletSeed> open_answer(const Sealed& sealed, const Json& answer) {
  const auto envelope = parse_base64(text_at(answer, "CiphertextForRecipient"));
  REQUIRE(envelope.has_value());
  const auto parsed = parse_sealed_seed(sealed.blob);
  return open_sealed_seed(*parsed, open_kms_reply(recipient_key(), *envelope, Secret<32>()));
}

TEST_CASE(
    "what an enclave seals to a key of the local KMS opens in that enclave, and without plaintext on the "
    "way") {
  Bench bench;
  const Sealed sealed = seal_under_policy(bench);
  const Json answer = bench.call("Decrypt", sealed.request);
  CHECK_FALSE(answer.contains("Plaintext"));
  CHECK(answer["KeyId"] == sealed.request["KeyId"]);
  const auto seed = open_answer(sealed, answer);
  REQUIRE(seed.has_value());
  CHECK(*seed == test::wallet_seed());
  bench.reopen();  // keys and policies outlive the process
  CHECK(open_answer(sealed, bench.call("Decrypt", sealed.request)).has_value());
}

TEST_CASE(
    "Decrypt is refused without a document, with another image's, a debug one, and one that does not "
    "verify") {
  Bench bench;
  const Sealed sealed = seal_under_policy(bench);
  const auto refusal_with = [&](const Json& recipient) {
    Json request = sealed.request;
    request["Recipient"] = recipient;
    return bench.refusal("Decrypt", request);
  };
  CHECK(refusal_with(nullptr) == "AccessDeniedException");
  CHECK(refusal_with(recipient_of(bench.document(image(0xa1)))) == "AccessDeniedException");
  BootFacts debug = image(0xa0);
  debug.debug = true;
  CHECK(refusal_with(recipient_of(bench.document(debug))) == "AccessDeniedException");

  const TestPki other = TestPki::make();
  CHECK(refusal_with(recipient_of(bench.document(image(0xa0), recipient_key().spki_der(), &other))) ==
        "ValidationException");
  CHECK(refusal_with(recipient_of(bench.document(image(0xa0), std::nullopt))) == "ValidationException");
  CHECK(refusal_with(recipient_of(bench.document(image(0xa0), test::kms_key().spki()))) ==
        "ValidationException");
  Bytes altered = bench.document(image(0xa0));
  altered[200] ^= 1U;
  CHECK(refusal_with(recipient_of(altered)) == "ValidationException");
  CHECK(refusal_with({{"AttestationDocument", encode_base64(bench.document(image(0xa0)))}}) ==
        "ValidationException");
  CHECK(refusal_with("document") == "ValidationException");

  bench.clock += 4h;  // a leaf lasts three hours
  CHECK(bench.refusal("Decrypt", sealed.request) == "ValidationException");
}

TEST_CASE("each fault that is asked for makes an answer that an honest opener refuses") {
  Bench bench;
  const Sealed sealed = seal_under_policy(bench);
  const Json first = bench.call("Decrypt", sealed.request);
  for (const std::string name : {"forged", "algorithm:oaep-sha1", "algorithm:aes-128"}) {
    CAPTURE(name);
    const auto fault = parse_fault(name);
    REQUIRE(fault.has_value());
    const auto opened = open_answer(sealed, bench.call("Decrypt", sealed.request, *fault));
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().tag.view() == "seal-open");
  }
  const Json replayed = bench.call("Decrypt", sealed.request, *parse_fault("replayed"));
  CHECK(replayed["CiphertextForRecipient"] == first["CiphertextForRecipient"]);
  const Json plaintext = bench.call("Decrypt", sealed.request, *parse_fault("plaintext"));
  CHECK(plaintext.contains("Plaintext"));
  CHECK_FALSE(plaintext.contains("CiphertextForRecipient"));
  const HttpResponse error = bench.send("Decrypt", sealed.request, *parse_fault("error:ThrottlingException"));
  CHECK(error.status == 400);
  CHECK(text_at(Json::parse(error.body), "__type") == "ThrottlingException");
}

TEST_CASE("a fault is read exactly") {
  CHECK(parse_fault("slow:1500")->delay == 1500ms);
  CHECK(parse_fault("cut@3")->requests_left == 3);
  CHECK(parse_fault("none")->kind == FaultKind::none);
  for (const std::string text :
       {"", "slow", "slow:", "slow:x", "slow:600001", "slow:-1", "error:", "algorithm:", "algorithm:x",
        "cut:1", "cut@", "cut@0", "cut@x", "forget", "none:1"}) {
    CAPTURE(text);
    const auto fault = parse_fault(text);
    REQUIRE_FALSE(fault.has_value());
    CHECK(fault.error().tag.view() == "kms-fault");
  }
}

TEST_CASE(
    "a request is refused unless a known caller signed it, just now, for this region, with its headers") {
  Bench bench;
  const auto signed_request = [](const AwsCredentials& signer, const std::string& region,
                                 std::chrono::sys_seconds time) {
    HttpRequest request{.method = "POST",
                        .url = *parse_url("http://127.0.0.1:4566/"),
                        .headers = {{"X-Amz-Target", "TrentService.CreateKey"}},
                        .body = R"({"KeySpec":"SYMMETRIC_DEFAULT"})"};
    sign_request(request, signer, region, "kms", time);
    return request;
  };
  const auto refusal_of = [&bench](const HttpRequest& request) {
    const HttpResponse response = bench.send(request);
    return response.status == 200 ? std::string("accepted") : text_at(Json::parse(response.body), "__type");
  };
  const HttpRequest good = signed_request(credentials, "us-east-1", now);
  CHECK(refusal_of(good) == "accepted");
  CHECK(refusal_of(signed_request(credentials, "us-east-1", now - 5min)) == "accepted");
  CHECK(refusal_of(signed_request(credentials, "us-east-1", now - 5min - 1s)) == "InvalidSignatureException");
  CHECK(refusal_of(signed_request(credentials, "us-east-1", now + 5min + 1s)) == "InvalidSignatureException");
  CHECK(refusal_of(signed_request(credentials, "us-east-2", now)) == "InvalidSignatureException");
  CHECK(refusal_of(signed_request({"other", "secret", ""}, "us-east-1", now)) ==
        "UnrecognizedClientException");
  CHECK(refusal_of(signed_request({"test", "guess", ""}, "us-east-1", now)) == "InvalidSignatureException");

  HttpRequest unsigned_request = good;
  unsigned_request.headers.pop_back();
  CHECK(refusal_of(unsigned_request) == "MissingAuthenticationTokenException");
  HttpRequest other_body = good;
  other_body.body = R"({"KeySpec":"RSA_2048"})";
  CHECK(refusal_of(other_body) == "InvalidSignatureException");
  HttpRequest other_target = good;
  other_target.headers[0].value = "TrentService.GenerateRandom";
  CHECK(refusal_of(other_target) == "InvalidSignatureException");
  HttpRequest other_host = good;
  other_host.url.port = 4567;
  CHECK(refusal_of(other_host) == "InvalidSignatureException");
  HttpRequest fewer_headers = good;
  std::string& authorization = fewer_headers.headers.back().value;
  authorization.erase(authorization.find(";x-amz-target"), std::string(";x-amz-target").size());
  CHECK(refusal_of(fewer_headers) == "IncompleteSignatureException");
  HttpRequest nonsense = good;
  nonsense.headers.back().value = "AWS4-HMAC-SHA256 Credential=, Signature=";
  CHECK(refusal_of(nonsense) == "IncompleteSignatureException");
}

TEST_CASE("keys are used for what they are made for") {
  Bench bench;
  const std::string rsa = bench.make_key({{"KeySpec", "RSA_2048"}});
  const std::string signing = bench.make_key({{"KeySpec", "RSA_2048"}, {"KeyUsage", "SIGN_VERIFY"}});
  const std::string symmetric = bench.make_key(Json::object());
  const std::string text = encode_base64(as_bytes("text"));

  const Json oaep{{"KeyId", rsa}, {"Plaintext", text}, {"EncryptionAlgorithm", "RSAES_OAEP_SHA_256"}};
  Json decrypt = oaep;
  decrypt["CiphertextBlob"] = bench.call("Encrypt", oaep)["CiphertextBlob"];
  CHECK(bench.call("Decrypt", decrypt)["Plaintext"] == text);
  decrypt["EncryptionAlgorithm"] = "RSAES_OAEP_SHA_1";
  CHECK(bench.refusal("Decrypt", decrypt) == "InvalidCiphertextException");
  decrypt.erase("EncryptionAlgorithm");
  CHECK(bench.refusal("Decrypt", decrypt) == "InvalidKeyUsageException");
  decrypt["EncryptionAlgorithm"] = "RSAES_OAEP_SHA_256";
  decrypt["KeyId"] = signing;
  CHECK(bench.refusal("Decrypt", decrypt) == "InvalidKeyUsageException");

  const Json context{{"wallet", "a"}};
  Json sealed{{"CiphertextBlob", bench.call("Encrypt", {{"KeyId", symmetric},
                                                        {"Plaintext", text},
                                                        {"EncryptionContext", context}})["CiphertextBlob"]},
              {"EncryptionContext", context}};
  CHECK(bench.call("Decrypt", sealed)["Plaintext"] == text);
  CHECK(bench.call("Decrypt", sealed)["KeyId"] == symmetric);
  sealed["EncryptionContext"] = {{"wallet", "b"}};
  CHECK(bench.refusal("Decrypt", sealed) == "InvalidCiphertextException");
  sealed["KeyId"] = bench.make_key(Json::object());
  CHECK(bench.refusal("Decrypt", sealed) == "IncorrectKeyException");

  CHECK(bench.refusal("GetPublicKey", {{"KeyId", symmetric}}) == "UnsupportedOperationException");
  CHECK(bench.refusal("GenerateDataKey", {{"KeyId", rsa}, {"KeySpec", "AES_256"}}) ==
        "InvalidKeyUsageException");
  CHECK(bench.refusal("DescribeKey", {{"KeyId", "alias/none"}}) == "NotFoundException");
  CHECK(bench.refusal("DescribeKey", Json::object()) == "NotFoundException");
  CHECK(bench.refusal("CreateKey", {{"KeySpec", "ECC_NIST_P256"}}) == "ValidationException");
  CHECK(bench.refusal("CreateKey", {{"KeyUsage", "SIGN_VERIFY"}}) == "ValidationException");
  CHECK(bench.refusal("CreateKey", {{"MultiRegion", true}}) == "UnsupportedOperationException");
  CHECK(bench.refusal("CreateKey", {{"Origin", "EXTERNAL"}}) == "UnsupportedOperationException");
  CHECK(bench.refusal("CreateKey", {{"Policy", "{}"}}) == "MalformedPolicyDocumentException");
  CHECK(bench.refusal("Sign", {{"KeyId", signing}}) == "UnknownOperationException");
}

TEST_CASE("GenerateDataKey and GenerateRandom answer to the document's key where Recipient is asked for") {
  Bench bench;
  const std::string key = bench.make_key(Json::object());
  const Json plain = bench.call("GenerateDataKey", {{"KeyId", key}, {"KeySpec", "AES_256"}});
  CHECK(parse_base64(text_at(plain, "Plaintext"))->size() == 32);
  CHECK(bench.call("Decrypt", {{"CiphertextBlob", plain["CiphertextBlob"]}})["Plaintext"] ==
        plain["Plaintext"]);
  CHECK(parse_base64(text_at(bench.call("GenerateRandom", {{"NumberOfBytes", 24}}), "Plaintext"))->size() ==
        24);

  const Json recipient = recipient_of(bench.document(image(1)));
  for (const Json& answer :
       {bench.call("GenerateDataKey", {{"KeyId", key}, {"NumberOfBytes", 68}, {"Recipient", recipient}}),
        bench.call("GenerateRandom", {{"NumberOfBytes", 68}, {"Recipient", recipient}})}) {
    CHECK_FALSE(answer.contains("Plaintext"));
    const auto envelope = parse_base64(text_at(answer, "CiphertextForRecipient"));
    CHECK(parse_kms_reply(*envelope).has_value());
  }
  for (const Json& count : {Json(0), Json(1025), Json(-1), Json("8"), Json(nullptr)}) {
    CHECK(bench.refusal("GenerateRandom", {{"NumberOfBytes", count}}) == "ValidationException");
  }
  CHECK(bench.refusal("GenerateDataKey", {{"KeyId", key}}) == "ValidationException");
}

TEST_CASE("a policy can be read and replaced by whom it admits, and rules at once") {
  Bench bench;
  const std::string key = bench.make_key({{"KeySpec", "SYMMETRIC_DEFAULT"}});
  const std::string policy = policy_for(0xa0);
  CHECK(bench.call("PutKeyPolicy", {{"KeyId", key}, {"PolicyName", "default"}, {"Policy", policy}}) ==
        Json::object());
  CHECK(bench.call("GetKeyPolicy", {{"KeyId", key}})["Policy"] == policy);
  CHECK(bench.refusal("GenerateDataKey", {{"KeyId", key}, {"KeySpec", "AES_256"}}) ==
        "AccessDeniedException");
  CHECK(bench.refusal("PutKeyPolicy", {{"KeyId", key}, {"Policy", "no"}}) ==
        "MalformedPolicyDocumentException");
  const std::string locked = R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}})";
  CHECK(bench.call("PutKeyPolicy", {{"KeyId", key}, {"Policy", locked}}) == Json::object());
  CHECK(bench.refusal("PutKeyPolicy", {{"KeyId", key}, {"Policy", policy}}) == "AccessDeniedException");
}

TEST_CASE("a body that is not a JSON object is a serialization error") {
  Bench bench;
  CHECK(bench.refusal("DescribeKey", Json::array()) == "SerializationException");
  CHECK(bench.refusal("DescribeKey", nullptr) == "SerializationException");
}

TEST_CASE("a folder with a file that is no key is refused") {
  const ben::test::Folder folder;
  std::ofstream(folder / "a.json") << "{}";
  const auto store = KeyStore::open(folder.path());
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().tag.view() == "kms-stored-key");
  CHECK(KeyStore::open("/proc/none").error().tag.view() == "kms-folder");
}

}  // namespace
}  // namespace ben::emulator
