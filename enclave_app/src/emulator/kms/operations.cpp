// The operations of the local KMS. Names and shapes are those of the AWS KMS API reference.
#include <algorithm>

#include <openssl/rand.h>

#include "base/base64.hpp"
#include "kms/service.hpp"

namespace ben::emulator {
namespace {

constexpr std::size_t plaintext_bytes_max = 4096;
constexpr std::size_t ciphertext_bytes_max = 6144;
constexpr unsigned random_bytes_max = 1024;

AwsError validation(std::string message) { return {"ValidationException", std::move(message)}; }

// The bytes of a base64 parameter.
AwsResult<Bytes> blob_at(const Json& parameters, const char* name, std::size_t bytes_max) {
  auto bytes = parse_base64(text_at(parameters, name));
  if (!bytes || bytes->empty() || bytes->size() > bytes_max) {
    return validation(std::string(name) + " has to be 1 to " + std::to_string(bytes_max) +
                      " bytes in base64");
  }
  return std::move(*bytes);
}

// A count of bytes, 1 to 1024; nothing where the parameter is absent or something else.
std::optional<unsigned> count_at(const Json& parameters, const char* name) {
  const Json& value = member(parameters, name);
  if (!value.is_number_unsigned() || value > random_bytes_max || value == 0U) return std::nullopt;
  return value.get<unsigned>();
}

Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  if (RAND_bytes(bytes.data(), static_cast<int>(size)) != 1) std::abort();
  return bytes;
}

// EncryptionContext, which is authenticated: names sorted, one spelling.
std::string context_of(const Json& parameters) {
  const Json& context = member(parameters, "EncryptionContext");
  return context.is_null() ? std::string("{}") : encode_json(context);
}

std::string default_policy(const std::string& account) {
  return R"({"Version":"2012-10-17","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",)"
         R"("Principal":{"AWS":"arn:aws:iam::)" +
         account + R"(:root"},"Action":"kms:*","Resource":"*"}]})";
}

Json encryption_algorithms(const StoredKey& key) {
  if (key.usage != "ENCRYPT_DECRYPT") return Json::array();
  if (key.is_rsa()) return {"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"};
  return {"SYMMETRIC_DEFAULT"};
}

// Left out, it is SYMMETRIC_DEFAULT, for RSA keys too.
std::string algorithm_of(const Json& parameters) {
  const std::string algorithm = text_at(parameters, "EncryptionAlgorithm");
  return algorithm.empty() ? "SYMMETRIC_DEFAULT" : algorithm;
}

std::optional<AwsError> check_use(const StoredKey& key, const std::string& algorithm) {
  if (!key.is_enabled) return AwsError{"DisabledException", "The key is disabled"};
  if (key.usage != "ENCRYPT_DECRYPT") {
    return AwsError{"InvalidKeyUsageException", "The key usage is " + key.usage + ", not ENCRYPT_DECRYPT"};
  }
  const Json algorithms = encryption_algorithms(key);
  if (std::ranges::find(algorithms, Json(algorithm)) == algorithms.end()) {
    return AwsError{"InvalidKeyUsageException", "Algorithm " + algorithm + " cannot be used with this key"};
  }
  return std::nullopt;
}

}  // namespace

Json KmsService::metadata_of(const StoredKey& key) const {
  return {{"AWSAccountId", options_.account},
          {"Arn", arn_of(key)},
          {"KeyId", key.id},
          {"CreationDate", static_cast<double>(key.created_at_s)},
          {"Description", key.description},
          {"Enabled", key.is_enabled},
          {"KeyManager", "CUSTOMER"},
          {"KeySpec", key.spec},
          {"CustomerMasterKeySpec", key.spec},
          {"KeyUsage", key.usage},
          {"KeyState", key.is_enabled ? "Enabled" : "Disabled"},
          {"Origin", "AWS_KMS"},
          {"MultiRegion", false},
          {"EncryptionAlgorithms", encryption_algorithms(key)}};
}

KmsService::Answer KmsService::create_key(const Call& call) {
  const Json& parameters = call.parameters;
  const std::string spec = text_at(parameters, "KeySpec");
  const std::string usage = text_at(parameters, "KeyUsage");
  const std::string origin = text_at(parameters, "Origin");
  const std::string policy = text_at(parameters, "Policy");
  if (member(parameters, "MultiRegion") == true || (!origin.empty() && origin != "AWS_KMS")) {
    return AwsError{"UnsupportedOperationException",
                    "Only single-region keys of origin AWS_KMS are made here"};
  }
  if (!policy.empty() && !check_policy_form(policy)) {
    return AwsError{"MalformedPolicyDocumentException", "The policy is no JSON object with statements"};
  }
  auto made = KeyStore::make_key(spec.empty() ? "SYMMETRIC_DEFAULT" : spec);
  if (!made) return validation("KeySpec has to be SYMMETRIC_DEFAULT, RSA_2048, RSA_3072 or RSA_4096");
  made->usage = usage.empty() ? "ENCRYPT_DECRYPT" : usage;
  const bool is_usage_known =
      made->usage == "ENCRYPT_DECRYPT" || (made->usage == "SIGN_VERIFY" && made->is_rsa());
  if (!is_usage_known)
    return validation("KeyUsage " + made->usage + " does not go with KeySpec " + made->spec);
  made->description = text_at(parameters, "Description");
  made->policy = policy.empty() ? default_policy(options_.account) : policy;
  if (!store_.put(*made)) return AwsError{"KMSInternalException", "The key cannot be written", 500};
  return Json{{"KeyMetadata", metadata_of(*made)}};
}

KmsService::Answer KmsService::generate_random(const Call& call) {
  const auto recipient = read_recipient(call.parameters);
  if (const AwsError* error = error_in(recipient)) return *error;
  const auto size = count_at(call.parameters, "NumberOfBytes");
  if (!size) return validation("NumberOfBytes has to be 1 to 1024");
  return give(call, std::get<Recipient>(recipient), random_bytes(*size), Json::object());
}

KmsService::Answer KmsService::describe_key(const Call& call, const StoredKey& key) {
  if (const auto refused = admit(call, key)) return *refused;
  return Json{{"KeyMetadata", metadata_of(key)}};
}

KmsService::Answer KmsService::get_public_key(const Call& call, const StoredKey& key) {
  if (const auto refused = admit(call, key)) return *refused;
  if (!key.is_rsa()) return AwsError{"UnsupportedOperationException", "The key is symmetric"};
  return Json{{"KeyId", arn_of(key)},  {"PublicKey", encode_base64(rsa_public_key(key))},
              {"KeySpec", key.spec},   {"CustomerMasterKeySpec", key.spec},
              {"KeyUsage", key.usage}, {"EncryptionAlgorithms", encryption_algorithms(key)}};
}

KmsService::Answer KmsService::encrypt(const Call& call, const StoredKey& key) {
  if (const auto refused = admit(call, key)) return *refused;
  const std::string algorithm = algorithm_of(call.parameters);
  if (const auto misuse = check_use(key, algorithm)) return *misuse;
  const auto plaintext = blob_at(call.parameters, "Plaintext", plaintext_bytes_max);
  if (const AwsError* error = error_in(plaintext)) return *error;
  const auto& bytes = std::get<Bytes>(plaintext);
  const auto ciphertext = key.is_rsa() ? rsa_encrypt(key, algorithm == "RSAES_OAEP_SHA_256", bytes)
                                       : symmetric_encrypt(key, as_bytes(context_of(call.parameters)), bytes);
  if (!ciphertext) return validation("Plaintext is too long for this key");
  return Json{{"KeyId", arn_of(key)},
              {"CiphertextBlob", encode_base64(*ciphertext)},
              {"EncryptionAlgorithm", algorithm}};
}

KmsService::Answer KmsService::decrypt(const Call& call, const StoredKey& key) {
  const auto recipient = read_recipient(call.parameters);
  if (const AwsError* error = error_in(recipient)) return *error;
  if (const auto refused = admit(call, key, std::get<Recipient>(recipient).context)) return *refused;
  const std::string algorithm = algorithm_of(call.parameters);
  if (const auto misuse = check_use(key, algorithm)) return *misuse;
  const auto ciphertext = blob_at(call.parameters, "CiphertextBlob", ciphertext_bytes_max);
  if (const AwsError* error = error_in(ciphertext)) return *error;
  const auto& bytes = std::get<Bytes>(ciphertext);
  if (!key.is_rsa() && key_id_of(bytes) != key.id && store_.find(key_id_of(bytes)) != nullptr) {
    return AwsError{"IncorrectKeyException", "The ciphertext was made by another key"};
  }
  const auto plaintext = key.is_rsa() ? rsa_decrypt(key, algorithm == "RSAES_OAEP_SHA_256", bytes)
                                      : symmetric_decrypt(key, as_bytes(context_of(call.parameters)), bytes);
  if (!plaintext) return AwsError{"InvalidCiphertextException", ""};
  return give(call, std::get<Recipient>(recipient), *plaintext,
              {{"KeyId", arn_of(key)}, {"EncryptionAlgorithm", algorithm}});
}

KmsService::Answer KmsService::generate_data_key(const Call& call, const StoredKey& key) {
  const auto recipient = read_recipient(call.parameters);
  if (const AwsError* error = error_in(recipient)) return *error;
  if (const auto refused = admit(call, key, std::get<Recipient>(recipient).context)) return *refused;
  if (const auto misuse = check_use(key, "SYMMETRIC_DEFAULT")) return *misuse;
  const std::string spec = text_at(call.parameters, "KeySpec");
  const auto count = count_at(call.parameters, "NumberOfBytes");
  if ((spec != "AES_256" && spec != "AES_128" && !spec.empty()) || spec.empty() != count.has_value()) {
    return validation("Give either KeySpec, AES_256 or AES_128, or NumberOfBytes, 1 to 1024");
  }
  const Bytes data_key = random_bytes(count ? *count : spec == "AES_256" ? 32 : 16);
  const Bytes wrapped = symmetric_encrypt(key, as_bytes(context_of(call.parameters)), data_key);
  return give(call, std::get<Recipient>(recipient), data_key,
              {{"KeyId", arn_of(key)}, {"CiphertextBlob", encode_base64(wrapped)}});
}

KmsService::Answer KmsService::get_key_policy(const Call& call, const StoredKey& key) {
  if (const auto refused = admit(call, key)) return *refused;
  return Json{{"Policy", key.policy}, {"PolicyName", "default"}};
}

KmsService::Answer KmsService::put_key_policy(const Call& call, const StoredKey& key) {
  if (const auto refused = admit(call, key)) return *refused;
  StoredKey changed = key;
  changed.policy = text_at(call.parameters, "Policy");
  if (!check_policy_form(changed.policy)) {
    return AwsError{"MalformedPolicyDocumentException", "The policy is no JSON object with statements"};
  }
  if (!store_.put(changed)) return AwsError{"KMSInternalException", "The key cannot be written", 500};
  return Json::object();
}

}  // namespace ben::emulator
