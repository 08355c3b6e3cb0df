#include "http/client.hpp"

#include <array>
#include <charconv>
#include <filesystem>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace ben {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr std::uint32_t header_bytes_max = 16'384;
constexpr std::size_t buffer_bytes_max = 32'768;  // headers, and what is read ahead

// Which failure an error is depends on how far the exchange has come.
struct Exchange {
  const HttpRequest& request;
  const HttpOptions& options;
  Error stage{ErrorCode::unavailable, "http-unreachable", "http: the server cannot be reached"};
  Outcome<HttpResponse> outcome{
      Failure{{ErrorCode::unavailable, "http-timeout", "http: no full reply within the time allowed"}, {}}};
};

http::request<http::string_body> make_message(const HttpRequest& request) {
  http::request<http::string_body> message;
  message.method_string(request.method);
  message.target(request.url.target);
  message.version(11);
  for (const HttpHeader& header : request.headers) message.insert(header.name, header.value);
  message.set(http::field::host, request.url.authority());
  message.set(http::field::connection, "close");
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

template <typename Stream>
asio::awaitable<void> exchange_messages(Stream& stream, Exchange& exchange) {
  const auto message = make_message(exchange.request);
  co_await http::async_write(stream, message, asio::use_awaitable);

  exchange.stage = {ErrorCode::malformed, "http-reply", "http: the reply is cut, over the limit or not HTTP"};
  http::response_parser<http::string_body> parser;
  parser.body_limit(exchange.options.body_bytes_max);
  parser.header_limit(header_bytes_max);
  boost::beast::flat_buffer buffer(buffer_bytes_max);
  co_await http::async_read(stream, buffer, parser, asio::use_awaitable);

  HttpResponse response{.status = parser.get().result_int(), .headers = {}, .body = {}};
  for (const auto& field : parser.get()) {
    response.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  response.body = std::move(parser.get().body());
  exchange.outcome = std::move(response);
}

asio::awaitable<void> exchange_over_tls(tcp::socket socket, Exchange& exchange) {
  exchange.stage = {ErrorCode::unavailable, "http-tls",
                    "http: no TLS with this server: check its certificate, host name and the roots trusted"};
  const std::string& host = exchange.request.url.host;
  asio::ssl::context context(asio::ssl::context::tls_client);
  const std::string& given = exchange.options.ca_bundle;
  context.load_verify_file(given.empty() ? find_ca_bundle() : given);
  asio::ssl::stream<tcp::socket> stream(std::move(socket), context);
  stream.set_verify_mode(asio::ssl::verify_peer);
  stream.set_verify_callback(asio::ssl::host_name_verification(host));
  SSL_set_min_proto_version(stream.native_handle(), TLS1_2_VERSION);
  boost::system::error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  if (not_an_address) SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());  // RFC 6066: names only
  co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  co_await exchange_messages(stream, exchange);
}

asio::awaitable<void> run_exchange(Exchange& exchange) {
  const Url& url = exchange.request.url;
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  const auto endpoints = co_await resolver.async_resolve(url.host, std::to_string(url.port),
                                                         tcp::resolver::numeric_service, asio::use_awaitable);
  tcp::socket socket(executor);
  co_await asio::async_connect(socket, endpoints, asio::use_awaitable);
  socket.set_option(tcp::no_delay(true));
  if (url.tls) {
    co_await exchange_over_tls(std::move(socket), exchange);
  } else {
    co_await exchange_messages(socket, exchange);
  }
}

std::optional<std::string> find_header(const std::vector<HttpHeader>& headers, std::string_view name) {
  for (const HttpHeader& header : headers) {
    if (boost::beast::iequals(header.name, name)) return header.value;
  }
  return std::nullopt;
}

bool is_printable(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

}  // namespace

std::string Url::authority() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  std::string text = is_ipv6 ? "[" + host + "]" : host;
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

Result<Url> parse_url(std::string_view text) {
  constexpr Error bad_url{ErrorCode::malformed, "http-url",
                          "http: not a URL like https://host:port/path, without user name or fragment"};
  constexpr std::size_t url_bytes_max = 2048;
  constexpr std::string_view plain = "http://";
  constexpr std::string_view secure = "https://";
  if (text.size() > url_bytes_max || !is_printable(text)) return bad_url;
  if (text.find_first_of("#@\\") != std::string_view::npos) return bad_url;

  Url url;
  url.tls = text.starts_with(secure);
  if (!url.tls && !text.starts_with(plain)) return bad_url;
  text.remove_prefix(url.tls ? secure.size() : plain.size());

  const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, authority_end);
  url.target = text.substr(authority_end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");

  std::size_t host_end = 0;
  if (authority.starts_with('[')) {
    host_end = authority.find(']');
    if (host_end == std::string_view::npos) return bad_url;
    url.host = authority.substr(1, host_end - 1);
    ++host_end;
  } else {
    host_end = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, host_end);
  }
  if (url.host.empty()) return bad_url;

  authority.remove_prefix(host_end);
  url.port = url.tls ? 443 : 80;
  if (authority.empty()) return url;
  const char* end = authority.data() + authority.size();
  const auto [stop, fault] = std::from_chars(authority.data() + 1, end, url.port);
  if (authority[0] != ':' || fault != std::errc{} || stop != end || url.port == 0) return bad_url;
  return url;
}

std::optional<std::string> HttpRequest::header(std::string_view name) const {
  return find_header(headers, name);
}

std::optional<std::string> HttpResponse::header(std::string_view name) const {
  return find_header(headers, name);
}

std::string find_ca_bundle() {
  constexpr std::array candidates = {"/etc/ssl/certs/ca-certificates.crt",
                                     "/etc/pki/tls/certs/ca-bundle.crt"};
  for (const char* path : candidates) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) return path;
  }
  return {};
}

Outcome<HttpResponse> send_http(const HttpRequest& request, const HttpOptions& options) {
  Exchange exchange{.request = request, .options = options};
  asio::io_context context(1);
  asio::co_spawn(context, run_exchange(exchange), [&exchange](const std::exception_ptr& thrown) {
    if (!thrown) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& problem) {
      exchange.outcome = Failure{exchange.stage, problem.what()};
    }
  });
  context.run_for(options.timeout);
  return std::move(exchange.outcome);
}

}  // namespace ben
