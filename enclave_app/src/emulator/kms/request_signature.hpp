// Checks the AWS Signature Version 4 of a request that has arrived.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "aws/sigv4.hpp"
#include "kms/aws_error.hpp"

namespace ben::emulator {

struct Caller {
  std::string access_key_id;
  std::string secret_access_key;
  std::string principal;  // ARN
};

// The caller who signed `request`, or why none did, as AWS says it. The date may be five minutes off, and
// Host, X-Amz-Date and X-Amz-Target have to be among the signed headers.
AwsResult<Caller> authenticate(const HttpRequest& request, std::span<const Caller> callers,
                               const std::string& region, std::chrono::sys_seconds now);

}  // namespace ben::emulator
