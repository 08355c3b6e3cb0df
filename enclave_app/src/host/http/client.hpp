// A small HTTP/1.1 client: one request, one connection, one deadline, a bounded reply.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/outcome.hpp"

namespace ben {

struct Url {
  bool tls = false;
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string target;  // path and query, at least "/"

  // What the Host header says: the port is left out where it is the scheme's own.
  [[nodiscard]] std::string authority() const;
};

// Takes http:// and https:// URLs of up to 2048 printable ASCII characters without user name or fragment.
// Fails with `malformed` (http-url).
Result<Url> parse_url(std::string_view text);

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method;
  Url url;
  std::vector<HttpHeader> headers;  // besides Host, Content-Length and Connection, which the client sets
  std::string body;

  // The first header of that name, in any case of letters.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

struct HttpResponse {
  unsigned status = 0;
  std::vector<HttpHeader> headers;
  std::string body;

  // The first header of that name, in any case of letters.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

struct HttpOptions {
  std::chrono::milliseconds timeout{10'000};  // for all of it: look-up, connection, request and reply
  std::size_t body_bytes_max = 1U << 20U;
  std::string ca_bundle;  // PEM file of trusted roots; empty: the system's, see find_ca_bundle
};

// Where Debian and Amazon Linux keep their roots; empty if there is neither.
[[nodiscard]] std::string find_ca_bundle();

// Sends `request` and returns the reply, whatever its status is. Redirects are not followed, and https means
// TLS 1.2 or newer with the certificate's chain and host name verified. Fails with `unavailable`
// (http-unreachable, http-timeout, http-tls) or `malformed` (http-reply: not HTTP, cut, or over the limit).
// The system's resolver cannot be interrupted: a name look-up that hangs may outlast the timeout.
Outcome<HttpResponse> send_http(const HttpRequest& request, const HttpOptions& options = {});

}  // namespace ben
