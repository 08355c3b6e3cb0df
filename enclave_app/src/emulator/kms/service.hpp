// The local KMS without its sockets: a request in, an answer out. It honours Recipient as AWS KMS does, which
// no other emulator does: the document is verified, the key policy is evaluated over its PCRs, and the answer
// is an envelope to the document's key, never plaintext.
//
// Protocol: AWS JSON 1.1, X-Amz-Target TrentService.OPERATION. Operations: CreateKey, DescribeKey,
// GetPublicKey, Encrypt, Decrypt, GenerateDataKey, GenerateRandom, GetKeyPolicy, PutKeyPolicy.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "aws/json_text.hpp"
#include "http/client.hpp"
#include "kms/aws_error.hpp"
#include "kms/fault.hpp"
#include "kms/key_policy.hpp"
#include "kms/key_store.hpp"
#include "kms/request_signature.hpp"

namespace ben::emulator {

struct KmsServiceOptions {
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::vector<Caller> callers;
  Bytes root_certificate;  // DER: who may sign attestation documents; empty: every Recipient is refused
  std::function<std::chrono::sys_seconds()> clock;
};

// Not safe for use by two threads at once.
class KmsService {
 public:
  KmsService(KmsServiceOptions options, KeyStore store)
      : options_(std::move(options)), store_(std::move(store)) {}

  // Never fails: what cannot be done is answered as AWS does. `fault`: what to do wrong, for tests.
  HttpResponse handle(const HttpRequest& request, const Fault& fault = {});

 private:
  struct Call {
    std::string operation;
    Json parameters;
    Caller caller;
    Fault fault;
  };
  using Context = std::map<std::string, std::string>;  // condition keys and their values
  // What the verified document in Recipient says: values for the policy's conditions, and the key to answer
  // to.
  struct Recipient {
    bool is_asked = false;
    Context context;
    Bytes public_key;
  };
  using Answer = AwsResult<Json>;

  Answer answer(const HttpRequest& request, const Fault& fault);

  Answer create_key(const Call& call);
  Answer generate_random(const Call& call);
  Answer describe_key(const Call& call, const StoredKey& key);
  Answer get_public_key(const Call& call, const StoredKey& key);
  Answer encrypt(const Call& call, const StoredKey& key);
  Answer decrypt(const Call& call, const StoredKey& key);
  Answer generate_data_key(const Call& call, const StoredKey& key);
  Answer get_key_policy(const Call& call, const StoredKey& key);
  Answer put_key_policy(const Call& call, const StoredKey& key);

  // The key that KeyId names, as an ARN or an id. Decrypt may leave it out for symmetric ciphertexts.
  [[nodiscard]] AwsResult<StoredKey> find_key(const Json& parameters) const;
  [[nodiscard]] AwsResult<Recipient> read_recipient(const Json& parameters) const;
  // Whether the key's policy admits the call.
  [[nodiscard]] std::optional<AwsError> admit(const Call& call, const StoredKey& key,
                                              const Context& document = {}) const;
  // `reply` with Plaintext, or with CiphertextForRecipient where Recipient was asked for.
  Answer give(const Call& call, const Recipient& recipient, ByteView plaintext, Json reply);

  [[nodiscard]] std::string arn_of(const StoredKey& key) const;
  [[nodiscard]] Json metadata_of(const StoredKey& key) const;

  KmsServiceOptions options_;
  KeyStore store_;
  std::string first_envelope_;  // base64, for the fault "replayed"
};

}  // namespace ben::emulator
