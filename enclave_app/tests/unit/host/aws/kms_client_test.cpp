#include "aws/kms_client.hpp"

#include <ctime>

#include <doctest/doctest.h>

#include "aws/json_text.hpp"
#include "base/base64.hpp"
#include "host/http/scripted_server.hpp"

namespace ben {
namespace {

using test::http_reply;
using test::ScriptedServer;

const KeyArn key = *parse_key_arn("arn:aws:kms:eu-west-1:123456789012:key/0d990263");

CredentialsProvider& test_credentials() {
  static CredentialsProvider provider(
      [](const std::string& name) { return name == "AWS_SESSION_TOKEN" ? std::string() : "test"; });
  return provider;
}

KmsClient client_of(const ScriptedServer& server, unsigned attempts = 1,
                    std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
  return {key.region,
          {.endpoint = server.url(), .ca_bundle = {}, .timeout = timeout, .attempts = attempts},
          test_credentials()};
}

std::string ok(const Json& json) { return http_reply("200 OK", json.dump()); }

std::string aws_error(const std::string& status, const std::string& type, const std::string& message) {
  return http_reply(status, Json{{"__type", type}, {"message", message}}.dump());
}

Json sent_body(ScriptedServer& server) {
  const std::string request = server.requests().at(0);
  return Json::parse(request.substr(request.find("\r\n\r\n") + 4));
}

TEST_CASE("Decrypt asks with Recipient and returns CiphertextForRecipient") {
  ScriptedServer server(
      {ok({{"KeyId", key.text}, {"CiphertextForRecipient", "AQID"}, {"Plaintext", nullptr}})});
  const auto envelope =
      client_of(server).decrypt_for_recipient(key, as_bytes("wrapped"), as_bytes("document"));
  REQUIRE(static_cast<bool>(envelope));
  CHECK(*envelope == Bytes{1, 2, 3});

  const std::string request = server.requests().at(0);
  CHECK(request.starts_with("POST / HTTP/1.1\r\n"));
  CHECK(request.find("X-Amz-Target: TrentService.Decrypt\r\n") != std::string::npos);
  CHECK(request.find("Content-Type: application/x-amz-json-1.1\r\n") != std::string::npos);
  CHECK(
      request.find("/eu-west-1/kms/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target,") !=
      std::string::npos);
  CHECK(sent_body(server) == Json{{"KeyId", key.text},
                                  {"CiphertextBlob", encode_base64(as_bytes("wrapped"))},
                                  {"EncryptionAlgorithm", "RSAES_OAEP_SHA_256"},
                                  {"Recipient",
                                   {{"KeyEncryptionAlgorithm", "RSAES_OAEP_SHA_256"},
                                    {"AttestationDocument", encode_base64(as_bytes("document"))}}}});
}

TEST_CASE("an answer to Decrypt that is not what was asked for is not passed on") {
  const Json good{{"KeyId", key.text}, {"CiphertextForRecipient", "AQID"}};
  struct Case {
    std::string what;
    Json change;
  };
  const Case cases[] = {
      {"plaintext instead", {{"CiphertextForRecipient", nullptr}, {"Plaintext", "AQID"}}},
      {"plaintext besides", {{"Plaintext", "AQID"}}},
      {"empty plaintext besides", {{"Plaintext", ""}}},
      {"neither", {{"CiphertextForRecipient", nullptr}}},
      {"empty", {{"CiphertextForRecipient", ""}}},
      {"no base64", {{"CiphertextForRecipient", "AQ"}}},
      {"a number", {{"CiphertextForRecipient", 7}}},
      {"another key", {{"KeyId", "arn:aws:kms:eu-west-1:123456789012:key/other"}}},
      {"no key", {{"KeyId", nullptr}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    Json answer = good;
    answer.update(c.change);
    ScriptedServer server({ok(answer)});
    const auto envelope = client_of(server).decrypt_for_recipient(key, as_bytes("w"), as_bytes("d"));
    REQUIRE_FALSE(static_cast<bool>(envelope));
    CHECK(envelope.failure().error.tag.view() == "kms-answer");
  }
  for (const std::string body : {"", "[]", "null", "not json", "{\"KeyId\":"}) {
    ScriptedServer server({http_reply("200 OK", body)});
    CHECK(client_of(server).decrypt_for_recipient(key, {}, {}).failure().error.tag.view() == "kms-answer");
  }
}

TEST_CASE("AWS's error names become tags, and its words stay in the detail") {
  struct Case {
    std::string status;
    std::string type;
    std::string tag;
    ErrorCode code;
  };
  const Case cases[] = {
      {"400 Bad Request", "AccessDeniedException", "kms-denied", ErrorCode::refused},
      {"400 Bad Request", "com.amazonaws.kms#AccessDeniedException", "kms-denied", ErrorCode::refused},
      {"400 Bad Request", "NotFoundException", "kms-not-found", ErrorCode::refused},
      {"400 Bad Request", "DisabledException", "kms-key-state", ErrorCode::refused},
      {"400 Bad Request", "KMSInvalidStateException", "kms-key-state", ErrorCode::refused},
      {"400 Bad Request", "InvalidCiphertextException", "kms-ciphertext", ErrorCode::refused},
      {"400 Bad Request", "ExpiredTokenException", "kms-credentials", ErrorCode::unavailable},
      {"400 Bad Request", "UnrecognizedClientException", "kms-credentials", ErrorCode::unavailable},
      {"400 Bad Request", "ThrottlingException", "kms-unavailable", ErrorCode::unavailable},
      {"500 Internal Server Error", "KMSInternalException", "kms-unavailable", ErrorCode::unavailable},
      {"503 Service Unavailable", "Whatever", "kms-unavailable", ErrorCode::unavailable},
      {"400 Bad Request", "ValidationException", "kms-failed", ErrorCode::refused},
  };
  for (const Case& c : cases) {
    CAPTURE(c.type);
    ScriptedServer server({aws_error(c.status, c.type, "because of this")});
    const auto described = client_of(server).describe_key(key);
    REQUIRE_FALSE(static_cast<bool>(described));
    CHECK(described.failure().error.tag.view() == c.tag);
    CHECK(described.failure().error.code == c.code);
    CHECK(described.failure().detail == c.type.substr(c.type.find('#') + 1) + ": because of this");
  }
  ScriptedServer only_header(
      {http_reply("400 Bad Request", "", "x-amzn-ErrorType: NotFoundException:http://x\r\n")});
  CHECK(client_of(only_header).describe_key(key).failure().error.tag.view() == "kms-not-found");
  ScriptedServer proxy({http_reply("404 Not Found", "<html>")});
  CHECK(client_of(proxy).describe_key(key).failure().detail == "status 404");
}

TEST_CASE("throttling, faults of the service and broken connections are tried again, refusals are not") {
  const Json metadata{{"KeyMetadata", {{"Arn", key.text}, {"KeySpec", "RSA_3072"}}}};
  ScriptedServer recovering({aws_error("400 Bad Request", "ThrottlingException", "slow down"),
                             http_reply("502 Bad Gateway", ""), "", ok(metadata)});
  CHECK(static_cast<bool>(client_of(recovering, 4).describe_key(key)));
  CHECK(recovering.requests().size() == 4);

  ScriptedServer throttled({aws_error("400 Bad Request", "ThrottlingException", "slow down")});
  CHECK(client_of(throttled, 3).describe_key(key).failure().error.tag.view() == "kms-unavailable");
  CHECK(throttled.requests().size() == 3);

  ScriptedServer refusing({aws_error("400 Bad Request", "AccessDeniedException", "no")});
  CHECK_FALSE(static_cast<bool>(client_of(refusing, 4).describe_key(key)));
  CHECK(refusing.requests().size() == 1);
}

// "Sun, 06 Nov 1994 08:49:37 GMT", so many seconds from now.
std::string http_date(std::chrono::seconds from_now) {
  const std::time_t time = std::time(nullptr) + from_now.count();
  std::tm parts{};
  REQUIRE(gmtime_r(&time, &parts) != nullptr);
  char text[64];
  REQUIRE(std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts) != 0);
  return text;
}

TEST_CASE("a clock that is off is corrected by AWS's own, once, and said") {
  const std::string refused =
      Json{{"__type", "InvalidSignatureException"}, {"message", "Signature expired"}}.dump();
  const Json metadata{{"KeyMetadata", {{"Arn", key.text}, {"KeySpec", "RSA_3072"}}}};
  for (const std::chrono::seconds off : {std::chrono::seconds(3600), std::chrono::seconds(-3600)}) {
    CAPTURE(off.count());
    const std::time_t written = std::time(nullptr);
    const std::string reply = http_reply("400 Bad Request", refused, "Date: " + http_date(off) + "\r\n");
    ScriptedServer server({reply, ok(metadata)});
    CHECK(static_cast<bool>(client_of(server, 2).describe_key(key)));
    const auto requests = server.requests();
    REQUIRE(requests.size() == 2);
    const auto signed_at = [](const std::string& request) {
      const std::string text = request.substr(request.find("X-Amz-Date: ") + 12, 16);
      std::tm parts{};
      REQUIRE(::strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &parts) != nullptr);
      return std::chrono::seconds(::timegm(&parts));
    };
    CHECK(std::chrono::abs(signed_at(requests[1]) - signed_at(requests[0]) - off) < std::chrono::seconds(5));

    ScriptedServer stubborn({reply});
    const auto failed = client_of(stubborn, 4).describe_key(key);
    CHECK(failed.failure().error.tag.view() == "kms-credentials");
    const std::string& detail = failed.failure().detail;
    const std::string said = "AWS's clock is ";
    REQUIRE(detail.find(said) != std::string::npos);
    // The date stands still while this machine's clock goes on.
    const std::chrono::seconds said_off(std::stoll(detail.substr(detail.find(said) + said.size())));
    CHECK(said_off <= off);
    CHECK(said_off >= off - std::chrono::seconds(std::time(nullptr) - written));
    CHECK(stubborn.requests().size() == 2);
  }
  for (const std::string& date : {"Date: " + http_date(std::chrono::seconds(60)) + "\r\n",
                                  std::string("Date: now\r\n"), std::string()}) {
    CAPTURE(date);
    ScriptedServer server({http_reply("400 Bad Request", refused, date)});
    CHECK(client_of(server, 4).describe_key(key).failure().error.tag.view() == "kms-credentials");
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("a service that never answers is unavailable after the attempts") {
  ScriptedServer silent({test::never_answer});
  const KmsClient client = client_of(silent, 1, std::chrono::milliseconds(500));
  CHECK(client.get_public_key(key).failure().error.tag.view() == "http-timeout");
}

TEST_CASE("DescribeKey, GetPublicKey and CreateKey read what they asked for, about this key") {
  const Json metadata{{"KeyMetadata",
                       {{"Arn", key.text},
                        {"KeySpec", "RSA_4096"},
                        {"KeyUsage", "ENCRYPT_DECRYPT"},
                        {"Origin", "AWS_KMS"},
                        {"KeyState", "Enabled"},
                        {"MultiRegion", true},
                        {"CreationDate", 1.7e9}}}};
  ScriptedServer server(
      {ok(metadata), ok({{"KeyId", key.text}, {"PublicKey", "AQID"}}), ok(metadata), ok(Json::object())});
  const KmsClient client = client_of(server);
  const auto described = client.describe_key(key);
  REQUIRE(static_cast<bool>(described));
  CHECK(described->key_spec == "RSA_4096");
  CHECK(described->multi_region);
  CHECK(*client.get_public_key(key) == Bytes{1, 2, 3});
  CHECK(client.create_key({.key_spec = "RSA_4096", .policy = "{}", .description = "seal"})->arn == key.text);
  CHECK(static_cast<bool>(client.put_key_policy(key, "{}")));
  const auto requests = server.requests();
  REQUIRE(requests.size() == 4);
  CHECK(requests[2].find(R"("KeyUsage":"ENCRYPT_DECRYPT","Policy":"{}")") != std::string::npos);
  CHECK(requests[3].find("X-Amz-Target: TrentService.PutKeyPolicy\r\n") != std::string::npos);

  const std::string other = "arn:aws:kms:eu-west-1:123456789012:key/other";
  ScriptedServer wrong({ok({{"KeyMetadata", {{"Arn", other}}}}),
                        ok({{"KeyId", other}, {"PublicKey", "AQID"}}),
                        ok({{"KeyMetadata", {{"Arn", "seal"}}}})});
  const KmsClient deceived = client_of(wrong);
  CHECK(deceived.describe_key(key).failure().error.tag.view() == "kms-answer");
  CHECK(deceived.get_public_key(key).failure().error.tag.view() == "kms-answer");
  CHECK(deceived.create_key({}).failure().error.tag.view() == "kms-answer");
}

TEST_CASE("without credentials nothing is sent") {
  ScriptedServer server({http_reply("200 OK", "{}")});
  CredentialsProvider none([](const std::string& name) {
    return name == "AWS_EC2_METADATA_SERVICE_ENDPOINT" ? std::string("http://127.0.0.1:1") : std::string();
  });
  const KmsClient client(
      "eu-west-1",
      {.endpoint = server.url(), .ca_bundle = {}, .timeout = std::chrono::seconds(1), .attempts = 1}, none);
  CHECK(client.describe_key(key).failure().error.tag.view() == "aws-credentials");
  CHECK(server.requests().empty());
}

}  // namespace
}  // namespace ben
