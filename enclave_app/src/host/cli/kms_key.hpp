// The KMS key that a config names: an asymmetric RSA key for encryption, whose public half the signer seals
// to.
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace ben::cli {

// DER SubjectPublicKeyInfo from a file of DER, PEM or base64. Stops: file-read, config-kms-key.
Bytes read_kms_public_key(const std::string& path);

// Asks KMS (DescribeKey, GetPublicKey) with the credentials of the environment. `endpoint`: empty for AWS;
// `region`: empty for the ARN's. Stops: kms-…, aws-credentials; kms-key-unfit with what to create when it is
// not an enabled RSA_3072 or RSA_4096 key for ENCRYPT_DECRYPT of origin AWS_KMS in one Region.
Bytes fetch_kms_public_key(const std::string& key_arn, const std::string& endpoint,
                           const std::string& region);

}  // namespace ben::cli
