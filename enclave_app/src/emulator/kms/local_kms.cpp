#include "kms/local_kms.hpp"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/ostream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "kms/service.hpp"

namespace ben::emulator {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr std::size_t body_bytes_max = 1U << 20U;
constexpr std::uint32_t header_bytes_max = 16'384;
constexpr std::size_t buffer_bytes_max = 32'768;
constexpr std::chrono::seconds request_timeout{30};
constexpr std::size_t connections_max = 64;

HttpRequest to_request(http::request<http::string_body> message) {
  HttpRequest request{.method = std::string(message.method_string()), .url = {}, .headers = {}, .body = {}};
  const auto url = parse_url("http://" + std::string(message[http::field::host]));
  if (url) request.url = *url;
  request.url.target = std::string(message.target());
  for (const auto& field : message) {
    request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  request.body = std::move(message.body());
  return request;
}

std::string to_text(const HttpResponse& response, bool is_kept_alive) {
  http::response<http::string_body> message;
  message.result(response.status);
  message.version(11);
  message.keep_alive(is_kept_alive);
  for (const HttpHeader& header : response.headers) message.set(header.name, header.value);
  message.body() = response.body;
  message.prepare_payload();
  boost::beast::flat_buffer buffer;
  boost::beast::ostream(buffer) << message;
  return {static_cast<const char*>(buffer.cdata().data()), buffer.size()};
}

class Server {
 public:
  Server(KmsService service, Fault fault) : service_(std::move(service)), fault_(std::move(fault)) {}

  asio::awaitable<void> accept(tcp::acceptor& acceptor) {
    const auto executor = co_await asio::this_coro::executor;
    for (;;) {
      tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      if (connections_ == connections_max) continue;  // closes it
      ++connections_;
      asio::co_spawn(executor, serve(boost::beast::tcp_stream(std::move(socket))),
                     [this](const std::exception_ptr&) { --connections_; });  // a peer that went away
    }
  }

 private:
  asio::awaitable<void> serve(boost::beast::tcp_stream stream) {
    boost::beast::flat_buffer buffer(buffer_bytes_max);
    for (bool is_kept_alive = true; is_kept_alive;) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(body_bytes_max);
      parser.header_limit(header_bytes_max);
      stream.expires_after(request_timeout);
      co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
      is_kept_alive = parser.get().keep_alive();
      const HttpRequest request = to_request(parser.release());

      Fault fault;
      HttpResponse response = request.url.target == "/_fault" ? change_fault(request) : HttpResponse();
      if (response.status == 0) {
        fault = next_fault();
        response = service_.handle(request, fault);
      }
      if (fault.kind == FaultKind::slow) co_await wait(fault.delay);
      std::string text = to_text(response, is_kept_alive);
      if (fault.kind == FaultKind::cut) {
        text.resize(text.size() - response.body.size() / 2);
        is_kept_alive = false;
      }
      stream.expires_after(request_timeout);
      co_await asio::async_write(stream, asio::buffer(text), asio::use_awaitable);
    }
  }

  static asio::awaitable<void> wait(std::chrono::milliseconds delay) {
    asio::steady_timer timer(co_await asio::this_coro::executor, delay);
    co_await timer.async_wait(asio::use_awaitable);
  }

  HttpResponse change_fault(const HttpRequest& request) {
    const auto fault = parse_fault(request.body);
    if (request.method != "POST" || !fault) {
      return {.status = 400,
              .headers = {},
              .body =
                  "POST one of: none, slow:MS, cut, error:NAME, forged, replayed, "
                  "plaintext, algorithm:oaep-sha1, algorithm:aes-128; @N behind it\n"};
    }
    fault_ = *fault;
    return {.status = 204, .headers = {}, .body = {}};
  }

  // The fault of this request; one that was for N requests ends after them.
  Fault next_fault() {
    Fault fault = fault_;
    if (fault_.requests_left == 1) fault_ = {};
    if (fault_.requests_left > 1) --fault_.requests_left;
    return fault;
  }

  KmsService service_;
  Fault fault_;
  std::size_t connections_ = 0;
};

int fail(const std::string& what, std::string_view why) {
  std::cerr << "local-kms: " << what << ": " << why << '\n';
  return 1;
}

std::optional<Caller> parse_caller(const std::string& text, const std::string& account) {
  const std::size_t first = text.find(':');
  if (first == 0 || first == std::string::npos) return std::nullopt;
  const std::size_t second = std::min(text.find(':', first + 1), text.size());
  Caller caller{.access_key_id = text.substr(0, first),
                .secret_access_key = text.substr(first + 1, second - first - 1),
                .principal = "arn:aws:iam::" + account + ":root"};
  if (second < text.size()) caller.principal = text.substr(second + 1);
  return caller;
}

std::chrono::sys_seconds system_clock_s() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

int serve(const LocalKmsOptions& options, KmsService service, Fault fault) {
  asio::io_context context(1);
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), options.port));
  const std::uint16_t port = acceptor.local_endpoint().port();
  Server server(std::move(service), std::move(fault));
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&context](const boost::system::error_code&, int) { context.stop(); });
  asio::co_spawn(context, server.accept(acceptor), asio::detached);
  const Json place{{"url", "http://127.0.0.1:" + std::to_string(port)},
                   {"port", port},
                   {"region", options.region},
                   {"account", options.account}};
  std::cout << encode_json(place) << '\n' << std::flush;
  // Last: who waits for the file finds everything else done.
  if (!options.port_file.empty() && !(std::ofstream(options.port_file) << port << '\n')) {
    return fail(options.port_file, "cannot be written");
  }
  context.run();
  return 0;
}

}  // namespace

int run_local_kms(const LocalKmsOptions& options) {
  KmsServiceOptions service{.region = options.region,
                            .account = options.account,
                            .callers = {},
                            .root_certificate = {},
                            .clock = system_clock_s};
  const std::vector<std::string> usual{"test:test"};
  for (const std::string& text : options.credentials.empty() ? usual : options.credentials) {
    const auto caller = parse_caller(text, options.account);
    if (!caller) return fail("a credential", "has to be ID:SECRET or ID:SECRET:PRINCIPAL_ARN");
    service.callers.push_back(*caller);
  }
  if (!options.root_file.empty()) {
    std::ifstream file(options.root_file, std::ios::binary);
    service.root_certificate.assign(std::istreambuf_iterator<char>(file), {});
    if (service.root_certificate.empty()) return fail(options.root_file, "has no root certificate");
  }
  const auto fault = parse_fault(options.fault);
  if (!fault) return fail(options.fault, fault.error().reason.view());
  auto store = KeyStore::open(options.state_folder);
  if (!store) return fail(options.state_folder, store.error().reason.view());
  try {
    return serve(options, KmsService(std::move(service), std::move(*store)), *fault);
  } catch (const boost::system::system_error& error) {
    return fail("cannot listen on 127.0.0.1:" + std::to_string(options.port), error.code().message());
  }
}

}  // namespace ben::emulator
