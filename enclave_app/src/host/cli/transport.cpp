#include "cli/transport.hpp"

#include "cli/output.hpp"
#include "cli/stop.hpp"

namespace ben::cli {
namespace {

constexpr std::chrono::milliseconds timeout{120'000};  // genesis and unseal wait for KMS, up to 60 s
constexpr std::size_t body_bytes_max = std::size_t{12} * 1024 * 1024;
constexpr unsigned status_ok = 200;

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

HttpTransport::HttpTransport(const std::string& url) : url_(value_or_stop(parse_url(url), url)) {
  if (!url_.tls && !is_loopback(url_.host)) {
    throw Stop("node-url", url + ": http is for this machine only: use https, or a tunnel to 127.0.0.1");
  }
  if (url_.target == "/") url_.target = "/rpc";
  if (url_.target != "/rpc")
    throw Stop("node-url", url + ": want scheme, host and port of the node, no path");
}

std::string HttpTransport::post(std::string_view body) {
  const HttpRequest request{.method = "POST",
                            .url = url_,
                            .headers = {{.name = "Content-Type", .value = "application/json"}},
                            .body = std::string(body)};
  HttpOptions options;
  options.timeout = timeout;
  options.body_bytes_max = body_bytes_max;
  auto response = send_http(request, options);
  const std::string node = url_.authority();
  if (!response) {
    Stop stop = stop_of(response.failure().error, node);
    if (response.failure().detail.empty()) throw stop;
    throw Stop(stop.tag(), std::string(stop.what()) + " (" + printable(response.failure().detail) + ")");
  }
  const bool has_json = response->body.starts_with('{');
  if (response->status != status_ok && !has_json) {
    throw Stop("node-http", node + ": answers HTTP " + std::to_string(response->status) +
                                ": is the broker of the node listening there?");
  }
  return std::move(response->body);
}

}  // namespace ben::cli
