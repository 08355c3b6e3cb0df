#include "aws/credentials.hpp"

#include <cstdlib>

#include "aws/json_text.hpp"

namespace ben {
namespace {

constexpr std::chrono::minutes refresh_before_expiry{5};
constexpr std::chrono::seconds metadata_timeout{2};
constexpr std::string_view token_lifetime_seconds = "21600";
constexpr std::string_view role_path = "/latest/meta-data/iam/security-credentials/";

Failure no_credentials(std::string detail) {
  return Failure{
      {ErrorCode::unavailable, "aws-credentials",
       "aws: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the instance a role"},
      std::move(detail)};
}

// Asks the metadata service; anything but 200 is a failure.
Outcome<std::string> ask_metadata(const std::string& endpoint, const std::string& method,
                                  std::string_view path, const HttpHeader& header) {
  auto url = parse_url(endpoint);
  if (!url) return no_credentials("AWS_EC2_METADATA_SERVICE_ENDPOINT is not a URL: " + endpoint);
  url->target = path;
  const HttpRequest request{.method = method, .url = *url, .headers = {header}, .body = {}};
  auto response =
      send_http(request, {.timeout = metadata_timeout, .body_bytes_max = 65'536, .ca_bundle = {}});
  if (!response) {
    return no_credentials("metadata service: " + std::string(response.failure().error.reason.view()) + ": " +
                          response.failure().detail);
  }
  if (response->status != 200) {
    return no_credentials("metadata service: status " + std::to_string(response->status) + " for " +
                          std::string(path));
  }
  return std::move(response->body);
}

}  // namespace

std::string process_environment(const std::string& name) {
  const char* value =
      std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  return value == nullptr ? "" : value;
}

Result<std::chrono::sys_seconds> parse_aws_time(const std::string& text) {
  constexpr Error bad_time{ErrorCode::malformed, "aws-time", "aws: not a time like 2026-11-22T12:34:56Z"};
  constexpr std::string_view form = "0000-00-00T00:00:00Z";
  if (text.size() != form.size()) return bad_time;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool fits = form[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i];
    if (!fits) return bad_time;
  }
  const auto number = [&text](std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + (text[at + i] - '0');
    return value;
  };
  const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2))));
  const int hours = number(11, 2);
  const int minutes = number(14, 2);
  const int seconds = number(17, 2);
  if (!date.ok() || hours > 23 || minutes > 59 || seconds > 59) return bad_time;
  return std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
         std::chrono::seconds(seconds);
}

Outcome<AwsCredentials> CredentialsProvider::get(std::chrono::sys_seconds now) {
  AwsCredentials given{.access_key_id = environment_("AWS_ACCESS_KEY_ID"),
                       .secret_access_key = environment_("AWS_SECRET_ACCESS_KEY"),
                       .session_token = environment_("AWS_SESSION_TOKEN")};
  if (!given.access_key_id.empty() && !given.secret_access_key.empty()) return given;

  const std::lock_guard lock(mutex_);
  if (cached_ && now + refresh_before_expiry < cached_->expires_at) return cached_->credentials;
  auto fetched = fetch_from_instance();
  if (fetched && now < fetched->expires_at) cached_ = std::move(*fetched);
  if (cached_ && now < cached_->expires_at) return cached_->credentials;
  return fetched ? no_credentials("the metadata service gave expired credentials") : fetched.failure();
}

Outcome<CredentialsProvider::Cached> CredentialsProvider::fetch_from_instance() const {
  std::string endpoint = environment_("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (endpoint.empty()) endpoint = "http://169.254.169.254";

  const auto token =
      ask_metadata(endpoint, "PUT", "/latest/api/token",
                   {"X-aws-ec2-metadata-token-ttl-seconds", std::string(token_lifetime_seconds)});
  if (!token) return token.failure();
  const HttpHeader session{"X-aws-ec2-metadata-token", *token};
  const auto roles = ask_metadata(endpoint, "GET", role_path, session);
  if (!roles) return roles.failure();
  const std::string role = roles->substr(0, roles->find('\n'));
  const auto document = ask_metadata(endpoint, "GET", std::string(role_path) + role, session);
  if (!document) return document.failure();

  const Json json = parse_json(*document);
  const auto expires_at = parse_aws_time(text_at(json, "Expiration"));
  Cached fetched{.credentials = {.access_key_id = text_at(json, "AccessKeyId"),
                                 .secret_access_key = text_at(json, "SecretAccessKey"),
                                 .session_token = text_at(json, "Token")},
                 .expires_at = expires_at ? *expires_at : std::chrono::sys_seconds{}};
  if (!expires_at || fetched.credentials.access_key_id.empty() ||
      fetched.credentials.secret_access_key.empty()) {
    return no_credentials("metadata service: role " + role +
                          " has no credentials: " + text_at(json, "Message"));
  }
  return fetched;
}

}  // namespace ben
