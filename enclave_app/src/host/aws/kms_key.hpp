// A KMS key that seals: its ARN, its description, and which keys are fit.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ben {

// arn:PARTITION:kms:REGION:ACCOUNT:key/ID
struct KeyArn {
  std::string text;
  std::string partition;
  std::string region;
  std::string account;
  std::string key_id;
};

// Fails with `malformed` (kms-key-arn) on aliases, bare key ids and everything else that is not a key's ARN;
// with `refused` (kms-key-unfit) on that of a multi-region key.
Result<KeyArn> parse_key_arn(std::string_view text);

// What DescribeKey says, as far as it matters here.
struct KmsKey {
  std::string arn;
  std::string key_spec;
  std::string key_usage;
  std::string origin;
  std::string key_state;
  bool multi_region = false;
};

// Succeeds for an enabled, single-region RSA_3072 or RSA_4096 key for ENCRYPT_DECRYPT that AWS KMS made.
// Fails with `refused` (kms-key-unfit): a symmetric key cannot be encrypted to inside the enclave, imported
// material exists outside KMS, and a multi-region key can be replicated to where another policy rules.
Result<> admit_sealing_key(const KmsKey& key);

}  // namespace ben
