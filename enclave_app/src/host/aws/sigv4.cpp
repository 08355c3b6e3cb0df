#include "aws/sigv4.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hex.hpp"
#include "crypto/hash.hpp"

namespace ben {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view scope_end = "aws4_request";

Bytes hmac_sha256(ByteView key, std::string_view message) {
  Bytes mac(32);
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_bytes(message).data(),
                          message.size(), mac.data(), nullptr);
  if (done == nullptr) std::abort();
  return mac;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// Without spaces at either end, and one space for several inside.
std::string trim(std::string_view value) {
  std::string trimmed;
  for (const char c : value) {
    const bool is_space = c == ' ' || c == '\t';
    if (!is_space) {
      trimmed.push_back(c);
    } else if (!trimmed.empty() && trimmed.back() != ' ') {
      trimmed.push_back(' ');
    }
  }
  if (!trimmed.empty() && trimmed.back() == ' ') trimmed.pop_back();
  return trimmed;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::string> parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    std::string parameter(query.substr(0, end));
    if (parameter.find('=') == std::string::npos) parameter.push_back('=');
    parameters.push_back(std::move(parameter));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  // By name, then by value: a name that begins another one comes first, although '=' sorts after '-' and '.'.
  std::ranges::sort(parameters, {}, [](const std::string& parameter) {
    const std::size_t equals = parameter.find('=');
    return std::pair(parameter.substr(0, equals), parameter.substr(equals + 1));
  });
  std::string canonical;
  for (const std::string& parameter : parameters) {
    canonical += (canonical.empty() ? "" : "&") + parameter;
  }
  return canonical;
}

std::string header_values(const HttpRequest& request, const std::string& name) {
  if (name == "host") return request.url.authority();
  std::string values;
  bool is_first = true;
  for (const HttpHeader& header : request.headers) {
    if (to_lower(header.name) != name) continue;
    values += (is_first ? "" : ",") + trim(header.value);
    is_first = false;
  }
  return values;
}

std::string join(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ";") + name;
  return joined;
}

std::string canonical_request(const HttpRequest& request, const std::vector<std::string>& signed_headers) {
  const std::string& target = request.url.target;
  const std::size_t path_end = std::min(target.find('?'), target.size());
  const std::string query = path_end == target.size() ? "" : target.substr(path_end + 1);
  std::string canonical =
      request.method + "\n" + target.substr(0, path_end) + "\n" + canonical_query(query) + "\n";
  for (const std::string& name : signed_headers)
    canonical += name + ":" + header_values(request, name) + "\n";
  return canonical + "\n" + join(signed_headers) + "\n" + encode_hex(sha256(as_bytes(request.body)));
}

std::string scope_text(const SigningScope& scope) {
  return scope.date + "/" + scope.region + "/" + scope.service + "/" + std::string(scope_end);
}

}  // namespace

std::string format_amz_date(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 32> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string compute_signature(const HttpRequest& request, const std::vector<std::string>& signed_headers,
                              const std::string& secret_access_key, const SigningScope& scope) {
  const std::string hash = encode_hex(sha256(as_bytes(canonical_request(request, signed_headers))));
  const std::string to_sign = std::string(algorithm) + "\n" + header_values(request, "x-amz-date") + "\n" +
                              scope_text(scope) + "\n" + hash;
  Bytes key = to_bytes(as_bytes("AWS4" + secret_access_key));
  for (const std::string_view part : {std::string_view(scope.date), std::string_view(scope.region),
                                      std::string_view(scope.service), scope_end}) {
    key = hmac_sha256(key, part);
  }
  return encode_hex(hmac_sha256(key, to_sign));
}

void sign_request(HttpRequest& request, const AwsCredentials& credentials, const std::string& region,
                  const std::string& service, std::chrono::sys_seconds time) {
  const std::string date = format_amz_date(time);
  request.headers.push_back({"X-Amz-Date", date});
  if (!credentials.session_token.empty()) {
    request.headers.push_back({"X-Amz-Security-Token", credentials.session_token});
  }
  std::vector<std::string> names{"host"};
  for (const HttpHeader& header : request.headers) names.push_back(to_lower(header.name));
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());

  const SigningScope scope{.date = date.substr(0, 8), .region = region, .service = service};
  const std::string signature = compute_signature(request, names, credentials.secret_access_key, scope);
  request.headers.push_back({"Authorization", std::string(algorithm) +
                                                  " Credential=" + credentials.access_key_id + "/" +
                                                  scope_text(scope) + ", SignedHeaders=" + join(names) +
                                                  ", Signature=" + signature});
}

}  // namespace ben
