#include "kms/service.hpp"

#include <openssl/rand.h>

#include "attestation/verify.hpp"
#include "base/base64.hpp"
#include "base/hex.hpp"

namespace ben::emulator {
namespace {

constexpr std::string_view target_prefix = "TrentService.";

HttpResponse json_response(unsigned status, const Json& body) {
  ByteArray<16> id{};
  if (RAND_bytes(id.data(), static_cast<int>(id.size())) != 1) std::abort();
  return {.status = status,
          .headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"x-amzn-RequestId", encode_hex(id)}},
          .body = encode_json(body)};
}

// What a forger would put into the place of "BEN1" || data key || config hash.
Bytes forged_payload() {
  Bytes payload = to_bytes(as_bytes("BEN1"));
  payload.resize(68, 0x66);
  return payload;
}

}  // namespace

HttpResponse KmsService::handle(const HttpRequest& request, const Fault& fault) {
  const Answer answered = answer(request, fault);
  if (const AwsError* error = error_in(answered)) {
    return json_response(error->status, {{"__type", error->type}, {"message", error->message}});
  }
  return json_response(200, std::get<Json>(answered));
}

KmsService::Answer KmsService::answer(const HttpRequest& request, const Fault& fault) {
  if (fault.kind == FaultKind::error) return AwsError{fault.error_type, "A fault that was asked for"};
  const auto caller = authenticate(request, options_.callers, options_.region, options_.clock());
  if (const AwsError* error = error_in(caller)) return *error;
  const std::string target = request.header("x-amz-target").value_or("");
  if (request.method != "POST" || !target.starts_with(target_prefix)) {
    return AwsError{"UnknownOperationException", "X-Amz-Target has to be TrentService.OPERATION"};
  }
  const Call call{.operation = target.substr(target_prefix.size()),
                  .parameters = parse_json(request.body),
                  .caller = std::get<Caller>(caller),
                  .fault = fault};
  if (!call.parameters.is_object()) return AwsError{"SerializationException", "The body is no JSON object"};
  if (call.operation == "CreateKey") return create_key(call);
  if (call.operation == "GenerateRandom") return generate_random(call);

  struct KeyOperation {
    std::string_view name;
    Answer (KmsService::*run)(const Call&, const StoredKey&);
  };
  constexpr KeyOperation operations[] = {{"DescribeKey", &KmsService::describe_key},
                                         {"GetPublicKey", &KmsService::get_public_key},
                                         {"Encrypt", &KmsService::encrypt},
                                         {"Decrypt", &KmsService::decrypt},
                                         {"GenerateDataKey", &KmsService::generate_data_key},
                                         {"GetKeyPolicy", &KmsService::get_key_policy},
                                         {"PutKeyPolicy", &KmsService::put_key_policy}};
  for (const KeyOperation& operation : operations) {
    if (operation.name != call.operation) continue;
    const auto key = find_key(call.parameters);
    if (const AwsError* error = error_in(key)) return *error;
    return (this->*operation.run)(call, std::get<StoredKey>(key));
  }
  return AwsError{"UnknownOperationException", "The local KMS has no operation " + call.operation};
}

AwsResult<StoredKey> KmsService::find_key(const Json& parameters) const {
  std::string id = text_at(parameters, "KeyId");
  if (id.empty()) {
    const auto ciphertext = parse_base64(text_at(parameters, "CiphertextBlob"));
    if (ciphertext) id = key_id_of(*ciphertext);
  }
  const std::string arn_prefix = arn_of({});
  if (id.starts_with(arn_prefix)) id.erase(0, arn_prefix.size());
  const StoredKey* key = store_.find(id);
  if (key == nullptr) return AwsError{"NotFoundException", "Key '" + arn_prefix + id + "' does not exist"};
  return *key;
}

AwsResult<KmsService::Recipient> KmsService::read_recipient(const Json& parameters) const {
  constexpr std::size_t document_bytes_max = 262'144;  // the API's own limit
  const Json& asked = member(parameters, "Recipient");
  if (asked.is_null()) return Recipient{};
  const auto invalid = [](std::string message) {
    return AwsError{"ValidationException", std::move(message)};
  };
  if (text_at(asked, "KeyEncryptionAlgorithm") != "RSAES_OAEP_SHA_256") {
    return invalid("Recipient.KeyEncryptionAlgorithm has to be RSAES_OAEP_SHA_256");
  }
  const auto bytes = parse_base64(text_at(asked, "AttestationDocument"));
  if (!bytes || bytes->empty() || bytes->size() > document_bytes_max) {
    return invalid("Recipient.AttestationDocument has to be 1 to 262144 bytes in base64");
  }
  const auto now = static_cast<std::uint64_t>(options_.clock().time_since_epoch().count());
  const auto document =
      attestation::verify_document(*bytes, {.root_certificate = options_.root_certificate, .time_s = now});
  if (!document) {
    return invalid("Recipient.AttestationDocument: " +
                   std::string(attestation::to_error(document.error()).reason.view()));
  }
  const std::optional<Bytes>& public_key = document->public_key;
  if (!public_key) return invalid("Recipient.AttestationDocument has no public_key");
  Recipient recipient{.is_asked = true, .context = {}, .public_key = *public_key};
  for (const auto& [index, value] : document->pcrs) {
    const std::string hex = encode_hex(value);
    recipient.context.emplace("kms:recipientattestation:pcr" + std::to_string(index), hex);
    if (index == 0) recipient.context.emplace("kms:recipientattestation:imagesha384", hex);
  }
  return recipient;
}

std::optional<AwsError> KmsService::admit(const Call& call, const StoredKey& key,
                                          const Context& document) const {
  PolicyRequest request{.action = "kms:" + call.operation,
                        .key_arn = arn_of(key),
                        .principal = call.caller.principal,
                        .account = options_.account,
                        .context = document};
  request.context.emplace("aws:principalarn", call.caller.principal);
  request.context.emplace("aws:principalaccount", options_.account);
  request.context.emplace("kms:calleraccount", options_.account);
  const std::string algorithm = text_at(call.parameters, "EncryptionAlgorithm");
  if (!algorithm.empty()) request.context.emplace("kms:encryptionalgorithm", algorithm);

  const Verdict verdict = evaluate_policy(key.policy, request);
  if (verdict.is_allowed) return std::nullopt;
  return AwsError{"AccessDeniedException", "User: " + call.caller.principal +
                                               " is not authorized to perform: " + request.action +
                                               " on resource: " + request.key_arn + ": " + verdict.reason};
}

KmsService::Answer KmsService::give(const Call& call, const Recipient& recipient, ByteView plaintext,
                                    Json reply) {
  if (!recipient.is_asked || call.fault.kind == FaultKind::plaintext) {
    reply["Plaintext"] = encode_base64(plaintext);
    return reply;
  }
  const bool is_forged = call.fault.kind == FaultKind::forged;
  const auto envelope =
      make_envelope(recipient.public_key, is_forged ? forged_payload() : to_bytes(plaintext),
                    {.algorithm = call.fault.algorithm});
  if (!envelope) {
    return AwsError{"ValidationException",
                    "Recipient.AttestationDocument: public_key is not an RSA-2048 key"};
  }
  const std::string base64 = encode_base64(*envelope);
  if (first_envelope_.empty()) first_envelope_ = base64;
  reply["CiphertextForRecipient"] = call.fault.kind == FaultKind::replayed ? first_envelope_ : base64;
  return reply;
}

std::string KmsService::arn_of(const StoredKey& key) const {
  return "arn:aws:kms:" + options_.region + ":" + options_.account + ":key/" + key.id;
}

}  // namespace ben::emulator
