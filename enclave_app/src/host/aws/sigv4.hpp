// AWS Signature Version 4 over HTTP requests with a header signature (AWS General Reference, "Signing AWS API
// requests"; checked against awslabs/aws-c-auth:tests/aws-signing-test-suite/v4).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "http/client.hpp"

namespace ben {

// Credentials of the host: an IAM role's or a user's. They admit nothing that the key policy does not.
struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty for long-term credentials
};

// How a path is signed: without empty and dot segments, or, for S3 alone, with them.
enum class PathForm : std::uint8_t { normalized, as_sent };

struct SigningScope {
  std::string date;  // YYYYMMDD
  std::string region;
  std::string service;
  PathForm path = PathForm::normalized;
};

// "20150830T123600Z".
[[nodiscard]] std::string format_amz_date(std::chrono::sys_seconds time);

// The signature, 64 hex digits, of `request` over the headers named, which are lower case and sorted. The
// request has X-Amz-Date among its headers. Its path is signed percent-encoded once more than it is sent, its
// query percent-encoded once, however it is sent.
[[nodiscard]] std::string compute_signature(const HttpRequest& request,
                                            const std::vector<std::string>& signed_headers,
                                            const std::string& secret_access_key, const SigningScope& scope);

// Adds X-Amz-Date, X-Amz-Security-Token where there is a token, and Authorization over all headers and Host.
void sign_request(HttpRequest& request, const AwsCredentials& credentials, const std::string& region,
                  const std::string& service, std::chrono::sys_seconds time,
                  PathForm path = PathForm::normalized);

}  // namespace ben
