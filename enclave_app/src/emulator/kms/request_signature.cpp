#include "kms/request_signature.hpp"

#include <algorithm>
#include <vector>

#include "aws/credentials.hpp"

namespace ben::emulator {
namespace {

constexpr std::chrono::minutes clock_difference_max{5};
constexpr std::size_t signed_headers_max = 50;

// What stands after `name` in "Credential=a/b, SignedHeaders=c;d, Signature=e".
std::string part_of(const std::string& authorization, const std::string& name) {
  const std::size_t start = authorization.find(name + "=");
  if (start == std::string::npos) return {};
  const std::size_t value = start + name.size() + 1;
  const std::size_t end = std::min(authorization.find(',', value), authorization.size());
  return authorization.substr(value, end - value);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

// "20150830T123600Z" as a time.
std::optional<std::chrono::sys_seconds> parse_amz_date(std::string text) {
  if (text.size() != 16) return std::nullopt;
  for (const std::size_t at : {13U, 11U}) text.insert(at, ":");
  for (const std::size_t at : {6U, 4U}) text.insert(at, "-");
  const auto time = parse_aws_time(text);
  if (!time) return std::nullopt;
  return *time;
}

bool is_same(const std::string& a, const std::string& b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  }
  return difference == 0;
}

}  // namespace

AwsResult<Caller> authenticate(const HttpRequest& request, std::span<const Caller> callers,
                               const std::string& region, std::chrono::sys_seconds now) {
  const std::string authorization = request.header("authorization").value_or("");
  if (authorization.empty())
    return AwsError{"MissingAuthenticationTokenException", "Missing Authentication Token"};
  const std::vector<std::string> credential = split(part_of(authorization, "Credential"), '/');
  const std::vector<std::string> signed_headers = split(part_of(authorization, "SignedHeaders"), ';');
  const std::string amz_date = request.header("x-amz-date").value_or("");
  const auto date = parse_amz_date(amz_date);
  if (!authorization.starts_with("AWS4-HMAC-SHA256 ") || credential.size() != 5 || !date ||
      signed_headers.size() > signed_headers_max || !std::ranges::is_sorted(signed_headers)) {
    return AwsError{"IncompleteSignatureException",
                    "The Authorization header or X-Amz-Date is not of its form"};
  }
  for (const std::string name : {"host", "x-amz-date", "x-amz-target"}) {
    if (std::ranges::find(signed_headers, name) == signed_headers.end()) {
      return AwsError{"IncompleteSignatureException", "The header " + name + " has to be signed"};
    }
  }
  const auto caller = std::ranges::find(callers, credential[0], &Caller::access_key_id);
  if (caller == callers.end()) {
    return AwsError{"UnrecognizedClientException", "The security token included in the request is invalid."};
  }
  const SigningScope scope{.date = credential[1], .region = credential[2], .service = credential[3]};
  if (scope.date != amz_date.substr(0, 8) || scope.region != region || scope.service != "kms") {
    return AwsError{
        "InvalidSignatureException",
        "Credential should be scoped to the date of the request, region " + region + " and service kms"};
  }
  if (*date + clock_difference_max < now || *date - clock_difference_max > now) {
    return AwsError{"InvalidSignatureException", "Signature expired or not yet current: " + amz_date +
                                                     " is not " + format_amz_date(now) + " within 5 minutes"};
  }
  const std::string expected = compute_signature(request, signed_headers, caller->secret_access_key, scope);
  if (!is_same(expected, part_of(authorization, "Signature"))) {
    return AwsError{"InvalidSignatureException",
                    "The request signature we calculated does not match the signature you provided."};
  }
  return *caller;
}

}  // namespace ben::emulator
