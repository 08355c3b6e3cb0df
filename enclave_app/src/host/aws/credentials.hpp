// Where the host's AWS credentials come from: the environment, or the instance's role by IMDSv2.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "aws/sigv4.hpp"
#include "http/outcome.hpp"

namespace ben {

// Looks up an environment variable; empty where it is not set.
using Environment = std::function<std::string(const std::string& name)>;
[[nodiscard]] std::string process_environment(const std::string& name);

// Safe for use by several threads.
class CredentialsProvider {
 public:
  explicit CredentialsProvider(Environment environment = process_environment)
      : environment_(std::move(environment)) {}

  // AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN where the first two are set. Otherwise the
  // role's credentials from the instance metadata service (AWS_EC2_METADATA_SERVICE_ENDPOINT, by default
  // http://169.254.169.254), always with a session token (IMDSv2). These are kept, and fetched again five
  // minutes before they expire; while a fetch fails, credentials that have not expired are still given out.
  // Fails with `unavailable` (aws-credentials).
  Outcome<AwsCredentials> get(std::chrono::sys_seconds now);

 private:
  struct Cached {
    AwsCredentials credentials;
    std::chrono::sys_seconds expires_at;
  };
  [[nodiscard]] Outcome<Cached> fetch_from_instance() const;

  Environment environment_;
  std::mutex mutex_;
  std::optional<Cached> cached_;
};

// "2026-11-22T12:34:56Z", as the metadata service writes times. Fails with `malformed` (aws-time).
Result<std::chrono::sys_seconds> parse_aws_time(const std::string& text);

}  // namespace ben
