// The calls of AWS KMS that the host makes. It relays what the enclave asks and learns nothing from it.
#pragma once

#include <chrono>
#include <string>

#include "aws/credentials.hpp"
#include "aws/kms_key.hpp"
#include "base/bytes.hpp"
#include "http/outcome.hpp"

namespace ben {

struct KmsOptions {
  // Empty: https://kms.REGION.amazonaws.com (.cn in China). http:// is for the local KMS.
  std::string endpoint;
  std::string ca_bundle;                     // as HttpOptions
  std::chrono::milliseconds timeout{5'000};  // of one attempt
  unsigned attempts = 4;  // for throttling, faults of the service and of the network, a clock that is off
};

struct CreateKeyRequest {
  std::string key_spec = "RSA_3072";
  std::string policy;  // JSON; empty: the service's default
  std::string description;
};

// Each call fails with what AWS answered in Failure::detail ("AccessDeniedException: ..."), and one of
// refused:     kms-denied (policy or permission), kms-not-found, kms-key-state, kms-ciphertext, kms-failed
// unavailable: kms-unavailable (throttled or broken, also after all attempts), kms-credentials (missing,
//              expired or wrong ones, or a clock that is off), aws-credentials, http-...
// malformed:   kms-answer (an answer that is not what was asked for)
class KmsClient {
 public:
  // `credentials` has to outlive the client.
  KmsClient(std::string region, KmsOptions options, CredentialsProvider& credentials);

  // kms:Decrypt with Recipient and RSAES_OAEP_SHA_256: CiphertextForRecipient, which only the enclave opens.
  // An answer that has Plaintext, no CiphertextForRecipient or another KeyId is kms-answer.
  Outcome<Bytes> decrypt_for_recipient(const KeyArn& key, ByteView ciphertext,
                                       ByteView attestation_document) const;

  // kms:DescribeKey; the answer has to be about `key`.
  Outcome<KmsKey> describe_key(const KeyArn& key) const;

  // kms:GetPublicKey: DER SubjectPublicKeyInfo.
  Outcome<Bytes> get_public_key(const KeyArn& key) const;

  // kms:CreateKey with key usage ENCRYPT_DECRYPT.
  Outcome<KmsKey> create_key(const CreateKeyRequest& request) const;

  // kms:PutKeyPolicy, policy name "default".
  Outcome<Ok> put_key_policy(const KeyArn& key, const std::string& policy) const;

 private:
  // One operation with its retries: the answer's JSON text, of status 200.
  [[nodiscard]] Outcome<std::string> call(const std::string& operation, const std::string& body) const;
  // Signs by this machine's clock plus `clock_offset`, and sets that to what AWS's clock shows where AWS
  // refuses the signature and the clocks differ.
  [[nodiscard]] Outcome<std::string> attempt(const std::string& operation, const std::string& body,
                                             std::chrono::seconds& clock_offset) const;

  std::string region_;
  KmsOptions options_;
  CredentialsProvider& credentials_;
};

}  // namespace ben
