#include "aws/kms_client.hpp"

#include <algorithm>
#include <ctime>
#include <thread>

#include <sys/random.h>

#include "aws/json_text.hpp"
#include "base/base64.hpp"

namespace ben {
namespace {

constexpr std::size_t reply_bytes_max = 1U << 20U;
constexpr std::chrono::milliseconds first_pause{100};
constexpr std::chrono::minutes clock_tolerance{4};  // AWS takes signatures of five minutes before and after

std::string default_endpoint(const std::string& region) {
  return "https://kms." + region + (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
}

struct KnownError {
  std::string_view type;
  Error error;
};

constexpr Error denied{
    ErrorCode::refused, "kms-denied",
    "kms: the key policy or the role's permissions do not admit this call: compare the policy's "
    "conditions with the enclave's PCR0 and PCR16"};
constexpr Error bad_credentials{ErrorCode::unavailable, "kms-credentials",
                                "kms: the credentials are expired or wrong, or this machine's clock is off"};
constexpr Error key_state{ErrorCode::refused, "kms-key-state",
                          "kms: the key is disabled or about to be deleted"};
constexpr Error bad_ciphertext{ErrorCode::refused, "kms-ciphertext",
                               "kms: the wrapped data key was not made for this key"};
constexpr Error not_found{ErrorCode::refused, "kms-not-found", "kms: there is no such key in this region"};
constexpr Error broken{ErrorCode::unavailable, "kms-unavailable",
                       "kms: the service is throttling or failing"};
constexpr Error other_failure{ErrorCode::refused, "kms-failed", "kms: the service refused the call"};
constexpr Error bad_answer{ErrorCode::malformed, "kms-answer", "kms: the answer is not what was asked for"};

constexpr KnownError known_errors[] = {
    {"AccessDeniedException", denied},
    {"KMSAccessDeniedException", denied},
    {"NotFoundException", not_found},
    {"DisabledException", key_state},
    {"KMSInvalidStateException", key_state},
    {"InvalidCiphertextException", bad_ciphertext},
    {"IncorrectKeyException", bad_ciphertext},
    {"ExpiredTokenException", bad_credentials},
    {"IncompleteSignature", bad_credentials},
    {"IncompleteSignatureException", bad_credentials},
    {"InvalidClientTokenId", bad_credentials},
    {"InvalidSignatureException", bad_credentials},
    {"MissingAuthenticationTokenException", bad_credentials},
    {"RequestExpired", bad_credentials},
    {"SignatureDoesNotMatch", bad_credentials},
    {"UnrecognizedClientException", bad_credentials},
    {"DependencyTimeoutException", broken},
    {"KMSInternalException", broken},
    {"KeyUnavailableException", broken},
    {"LimitExceededException", broken},
    {"RequestLimitExceeded", broken},
    {"ServiceUnavailableException", broken},
    {"ThrottlingException", broken},
    {"TooManyRequestsException", broken},
};

// "com.amazonaws.kms#Name:http://..." is Name; the header and the body both may carry it.
std::string error_type(const HttpResponse& response, const Json& json) {
  std::string type = text_at(json, "__type");
  if (type.empty()) type = response.header("x-amzn-ErrorType").value_or("");
  type = type.substr(0, type.find(':'));
  return type.substr(type.find('#') + 1);
}

Failure describe_failure(const HttpResponse& response) {
  const Json json = parse_json(response.body);
  const std::string type = error_type(response, json);
  std::string message = text_at(json, "message");
  if (message.empty()) message = text_at(json, "Message");
  std::string detail = (type.empty() ? "status " + std::to_string(response.status) : type);
  if (!message.empty()) detail += ": " + message;

  const auto* known = std::ranges::find(known_errors, type, &KnownError::type);
  if (known != std::end(known_errors)) return {known->error, detail};
  return {response.status >= 500 ? broken : other_failure, detail};
}

bool is_worth_retrying(const Failure& failure) {
  const std::string_view tag = failure.error.tag.view();
  return tag == "kms-unavailable" || tag == "http-unreachable" || tag == "http-timeout" ||
         tag == "http-reply";
}

// Up to twice as long each time, of a length that clients do not share.
void pause_before_retry(unsigned retry) {
  std::uint16_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) random = 0;
  const auto longest = first_pause * (1U << std::min(retry, 6U));
  std::this_thread::sleep_for(longest * (random + 1) / 65'536);
}

// How far AWS's clock is ahead of ours, by the Date of its answer (RFC 9110, 5.6.7).
std::optional<std::chrono::seconds> clock_difference(const HttpResponse& response) {
  const auto date = response.header("Date");
  std::tm parts{};
  const char* end = date ? ::strptime(date->c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) : nullptr;
  if (end == nullptr || *end != '\0') return std::nullopt;
  return std::chrono::seconds(::timegm(&parts) - std::time(nullptr));
}

std::string key_id_body(const KeyArn& key) { return encode_json({{"KeyId", key.text}}); }

Outcome<KmsKey> parse_key_metadata(std::string_view answer) {
  const Json json = parse_json(answer);
  const Json& metadata = member(json, "KeyMetadata");
  const Json& multi_region = member(metadata, "MultiRegion");
  KmsKey key{.arn = text_at(metadata, "Arn"),
             .key_spec = text_at(metadata, "KeySpec"),
             .key_usage = text_at(metadata, "KeyUsage"),
             .origin = text_at(metadata, "Origin"),
             .key_state = text_at(metadata, "KeyState"),
             .multi_region = multi_region.is_boolean() && multi_region.get<bool>()};
  if (!parse_key_arn(key.arn)) return Failure{bad_answer, "KeyMetadata without an ARN"};
  return key;
}

}  // namespace

KmsClient::KmsClient(std::string region, KmsOptions options, CredentialsProvider& credentials)
    : region_(std::move(region)), options_(std::move(options)), credentials_(credentials) {
  if (options_.endpoint.empty()) options_.endpoint = default_endpoint(region_);
}

Outcome<Bytes> KmsClient::decrypt_for_recipient(const KeyArn& key, ByteView ciphertext,
                                                ByteView attestation_document) const {
  const Json body{{"KeyId", key.text},
                  {"CiphertextBlob", encode_base64(ciphertext)},
                  {"EncryptionAlgorithm", "RSAES_OAEP_SHA_256"},
                  {"Recipient",
                   {{"KeyEncryptionAlgorithm", "RSAES_OAEP_SHA_256"},
                    {"AttestationDocument", encode_base64(attestation_document)}}}};
  const auto answer = call("Decrypt", encode_json(body));
  if (!answer) return answer.failure();
  const Json json = parse_json(*answer);
  if (!member(json, "Plaintext").is_null())
    return Failure{bad_answer, "Plaintext, although Recipient was asked for"};
  if (text_at(json, "KeyId") != key.text) return Failure{bad_answer, "KeyId is another key's"};
  auto envelope = parse_base64(text_at(json, "CiphertextForRecipient"));
  if (!envelope || envelope->empty()) return Failure{bad_answer, "no CiphertextForRecipient"};
  return std::move(*envelope);
}

Outcome<KmsKey> KmsClient::describe_key(const KeyArn& key) const {
  const auto answer = call("DescribeKey", key_id_body(key));
  if (!answer) return answer.failure();
  auto described = parse_key_metadata(*answer);
  if (described && described->arn != key.text) return Failure{bad_answer, "KeyMetadata is another key's"};
  return described;
}

Outcome<Bytes> KmsClient::get_public_key(const KeyArn& key) const {
  const auto answer = call("GetPublicKey", key_id_body(key));
  if (!answer) return answer.failure();
  const Json json = parse_json(*answer);
  if (text_at(json, "KeyId") != key.text) return Failure{bad_answer, "KeyId is another key's"};
  auto spki = parse_base64(text_at(json, "PublicKey"));
  if (!spki || spki->empty()) return Failure{bad_answer, "no PublicKey"};
  return std::move(*spki);
}

Outcome<KmsKey> KmsClient::create_key(const CreateKeyRequest& request) const {
  Json body{
      {"KeySpec", request.key_spec}, {"KeyUsage", "ENCRYPT_DECRYPT"}, {"Description", request.description}};
  if (!request.policy.empty()) body["Policy"] = request.policy;
  const auto answer = call("CreateKey", encode_json(body));
  if (!answer) return answer.failure();
  return parse_key_metadata(*answer);
}

Outcome<Ok> KmsClient::put_key_policy(const KeyArn& key, const std::string& policy) const {
  const Json body{{"KeyId", key.text}, {"PolicyName", "default"}, {"Policy", policy}};
  const auto answer = call("PutKeyPolicy", encode_json(body));
  if (!answer) return answer.failure();
  return Ok{};
}

Outcome<std::string> KmsClient::call(const std::string& operation, const std::string& body) const {
  std::chrono::seconds clock_offset{0};
  for (unsigned retry = 0;; ++retry) {
    const auto offset_before = clock_offset;
    auto answer = attempt(operation, body, clock_offset);
    const bool has_new_time = clock_offset != offset_before;
    if (answer || retry + 1 >= options_.attempts) return answer;
    if (!has_new_time && !is_worth_retrying(answer.failure())) return answer;
    if (!has_new_time) pause_before_retry(retry);
  }
}

Outcome<std::string> KmsClient::attempt(const std::string& operation, const std::string& body,
                                        std::chrono::seconds& clock_offset) const {
  const auto url = parse_url(options_.endpoint);
  if (!url) return url.error();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + clock_offset;
  const auto credentials = credentials_.get(now);
  if (!credentials) return credentials.failure();

  HttpRequest request{.method = "POST",
                      .url = *url,
                      .headers = {{"Content-Type", "application/x-amz-json-1.1"},
                                  {"X-Amz-Target", "TrentService." + operation}},
                      .body = body};
  sign_request(request, *credentials, region_, "kms", now);
  auto response = send_http(
      request,
      {.timeout = options_.timeout, .body_bytes_max = reply_bytes_max, .ca_bundle = options_.ca_bundle});
  if (!response) return response.failure();
  if (response->status == 200) return std::move(response->body);

  Failure failure = describe_failure(*response);
  const auto difference = clock_difference(*response);
  const bool is_refused_signature = failure.error.tag.view() == bad_credentials.tag.view();
  if (is_refused_signature && difference && std::chrono::abs(*difference) > clock_tolerance) {
    failure.detail += "; AWS's clock is " + std::to_string(difference->count()) +
                      " s ahead of this machine's: is chronyd running?";
    if (clock_offset == std::chrono::seconds(0)) clock_offset = *difference;
  }
  return failure;
}

}  // namespace ben
