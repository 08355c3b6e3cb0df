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

// Without blanks at either end, and one space for several inside.
std::string trim(std::string_view value) {
  std::string trimmed;
  for (const char c : value) {
    const bool is_blank = c == ' ' || c == '\t';
    if (!is_blank) {
      trimmed.push_back(c);
    } else if (!trimmed.empty() && trimmed.back() != ' ') {
      trimmed.push_back(' ');
    }
  }
  if (!trimmed.empty() && trimmed.back() == ' ') trimmed.pop_back();
  return trimmed;
}

// RFC 3986, 2.1: every byte but the unreserved ones, and those in `kept`, as %XX.
std::string percent_encode(std::string_view text, std::string_view kept) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_unreserved = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                               std::string_view("-._~").find(c) != std::string_view::npos;
    if (is_unreserved || kept.find(c) != std::string_view::npos) {
      encoded.push_back(c);
    } else {
      encoded += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return encoded;
}

// Each %XX as its byte; a '%' that no two digits follow stays.
std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? parse_hex(to_lower(text.substr(i + 1, 2))) : Result<Bytes>(Bytes{});
    if (byte && byte->size() == 1) {
      decoded.push_back(static_cast<char>(byte->front()));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

// Without empty and dot segments (RFC 3986, 5.2.4).
std::string normalize_path(std::string_view path) {
  std::vector<std::string_view> segments;
  bool ends_in_folder = true;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    ends_in_folder = segment.empty() || segment == "." || segment == "..";
    if (!ends_in_folder) segments.push_back(segment);
    if (segment == ".." && !segments.empty()) segments.pop_back();
    ends_in_folder = ends_in_folder || end + 1 == path.size();
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  std::string normalized;
  for (const std::string_view segment : segments) normalized.append("/").append(segment);
  return ends_in_folder ? normalized + "/" : normalized;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;  // by name, then by value
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
    parameters.emplace_back(percent_encode(percent_decode(parameter.substr(0, equals)), ""),
                            percent_encode(percent_decode(value), ""));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  std::ranges::sort(parameters);
  std::string canonical;
  for (const auto& [name, value] : parameters) {
    canonical.append(canonical.empty() ? "" : "&").append(name).append("=").append(value);
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

std::string canonical_request(const HttpRequest& request, const std::vector<std::string>& signed_headers,
                              PathForm path_form) {
  const std::string_view target = request.url.target;
  const std::size_t path_end = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, path_end);
  const std::string_view query = target.substr(std::min(path_end + 1, target.size()));
  std::string canonical = request.method + "\n";
  canonical += percent_encode(path_form == PathForm::normalized ? normalize_path(path) : path, "/") + "\n";
  canonical += canonical_query(query) + "\n";
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
  const std::string hash =
      encode_hex(sha256(as_bytes(canonical_request(request, signed_headers, scope.path))));
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
                  const std::string& service, std::chrono::sys_seconds time, PathForm path) {
  const std::string date = format_amz_date(time);
  request.headers.push_back({"X-Amz-Date", date});
  if (!credentials.session_token.empty()) {
    request.headers.push_back({"X-Amz-Security-Token", credentials.session_token});
  }
  std::vector<std::string> names{"host"};
  for (const HttpHeader& header : request.headers) names.push_back(to_lower(header.name));
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());

  const SigningScope scope{.date = date.substr(0, 8), .region = region, .service = service, .path = path};
  const std::string signature = compute_signature(request, names, credentials.secret_access_key, scope);
  request.headers.push_back({"Authorization", std::string(algorithm) +
                                                  " Credential=" + credentials.access_key_id + "/" +
                                                  scope_text(scope) + ", SignedHeaders=" + join(names) +
                                                  ", Signature=" + signature});
}

}  // namespace ben
