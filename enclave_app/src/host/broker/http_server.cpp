#include "broker/http_server.hpp"

#include <algorithm>
#include <list>
#include <optional>
#include <tuple>
#include <type_traits>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "broker/limits.hpp"
#include "broker/rpc_text.hpp"
#include "wire/frame.hpp"

namespace ben::broker {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using TlsStream = asio::ssl::stream<Tcp::socket>;
using Body = http::vector_body<std::uint8_t>;
using Request = http::request_parser<Body>;

constexpr auto by_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t header_bytes_max = 8 * 1024;
constexpr std::size_t buffer_bytes_max = std::size_t{128} * 1024;  // Beast reads at most 64 KiB at once
constexpr std::chrono::seconds handshake_limit{10};
constexpr std::chrono::seconds header_limit{30};  // also the life of an idle connection
constexpr std::chrono::seconds body_limit{30};
constexpr std::chrono::seconds write_limit{30};
constexpr std::chrono::seconds linger_limit{2};
constexpr std::chrono::milliseconds pause{20};  // between looks at what cannot be waited for
// While memory for bodies is short: small requests have theirs all the same, and a large one gets it from
// bodies that take longer than this.
constexpr std::size_t body_bytes_free = std::size_t{16} * 1024;
constexpr std::chrono::seconds body_patience{2};

constexpr Error error_busy{ErrorCode::unavailable, "broker-busy", "too much at once: try again later"};
constexpr Error error_http{ErrorCode::malformed, "broker-http", "this is not a request of HTTP/1.1"};
constexpr Error error_time{ErrorCode::unavailable, "broker-timeout", "the request did not arrive in time"};
constexpr Error error_size{ErrorCode::malformed, "broker-size",
                           "the request is over 12 MiB, or its header over 8 KiB"};
constexpr Error error_path{ErrorCode::malformed, "broker-path",
                           "no such path: there are /rpc, /healthz, /readyz, /metrics"};
constexpr Error error_method{ErrorCode::malformed, "broker-method",
                             "use POST for /rpc and GET for the others"};
constexpr Error error_type{ErrorCode::malformed, "broker-type", "Content-Type has to be application/json"};

HttpReply error_reply(http::status status, const Error& error) {
  return {.status = static_cast<unsigned>(status),
          .content_type = "application/json",
          .body = to_bytes(as_bytes(encode_broker_error("null", error)))};
}

bool is_json(std::string_view content_type) {
  std::string_view name = content_type.substr(0, content_type.find(';'));
  while (name.ends_with(' ')) name.remove_suffix(1);
  return beast::iequals({name.data(), name.size()}, "application/json");
}

// What is wrong with a request as its header shows it.
std::optional<HttpReply> refuse_header(const http::request_header<>& header) {
  const auto target = header.target();
  const bool is_rpc = target == "/rpc";
  const bool is_known = is_rpc || target == "/healthz" || target == "/readyz" || target == "/metrics";
  if (!is_known) return error_reply(http::status::not_found, error_path);
  if (header.method() != (is_rpc ? http::verb::post : http::verb::get)) {
    return error_reply(http::status::method_not_allowed, error_method);
  }
  const auto type = header[http::field::content_type];
  if (is_rpc && !is_json({type.data(), type.size()})) {
    return error_reply(http::status::unsupported_media_type, error_type);
  }
  return std::nullopt;
}

// The answer to a request that cannot be read; nothing when there is nobody to answer.
std::optional<HttpReply> refuse_read(const beast::error_code& problem) {
  if (problem == http::error::body_limit || problem == http::error::header_limit ||
      problem == http::error::buffer_overflow) {
    return error_reply(http::status::payload_too_large, error_size);
  }
  const bool is_end = problem == http::error::end_of_stream || problem == http::error::partial_message;
  const bool is_http = problem.category() == http::make_error_code(http::error::bad_method).category();
  if (is_http && !is_end) return error_reply(http::status::bad_request, error_http);
  return std::nullopt;
}

// Cancels what a socket waits for once a time has passed, and again until it is stopped: an operation that
// has just completed may begin another one.
class Deadline {
 public:
  explicit Deadline(Tcp::socket& socket) : watch_(std::make_shared<Watch>(socket)) {}
  ~Deadline() { stop(); }  // NOLINT(bugprone-exception-escape): throws only where there is no memory
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  Deadline(Deadline&&) = delete;
  Deadline& operator=(Deadline&&) = delete;

  void start(std::chrono::milliseconds limit) {
    stop();
    watch_->passed = false;
    Watch::wait(watch_, limit);
  }
  void stop() {
    ++watch_->round;
    watch_->timer.cancel();
  }
  [[nodiscard]] bool passed() const noexcept { return watch_->passed; }

 private:
  // Outlives the Deadline while a timer that has expired waits for its turn; `round` tells it that it is
  // late.
  struct Watch {
    explicit Watch(Tcp::socket& watched) : socket(watched), timer(watched.get_executor()) {}

    static void wait(const std::shared_ptr<Watch>& self, std::chrono::milliseconds limit) {
      self->timer.expires_after(limit);
      self->timer.async_wait([self, round = self->round](const beast::error_code& /*cancelled*/) {
        if (round != self->round) return;
        self->passed = true;
        beast::error_code ignored;
        self->socket.cancel(ignored);
        wait(self, pause);
      });
    }

    Tcp::socket& socket;
    asio::steady_timer timer;
    unsigned round = 0;
    bool passed = false;
  };

  std::shared_ptr<Watch> watch_;
};

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(const asio::any_io_executor& io_executor, HttpService& served)
      : executor(io_executor), acceptor(io_executor), service(served), budget(bytes_in_flight_max) {}

  using Clock = std::chrono::steady_clock;

  // In all but `answering` it is the client that is waited for.
  enum class Stage : std::uint8_t { connected, idle, receiving, answering, replying };

  struct Session {
    Tcp::socket& socket;
    Stage stage = Stage::connected;
    Clock::time_point since = Clock::now();
  };
  using Place = std::list<Session>::iterator;

  void enter(Place place, Stage stage);
  template <typename Predicate>
  bool end_oldest(Predicate may_end);
  asio::awaitable<bool> hold_body(Place place, ByteBudget::Share& share, std::size_t body_bytes);

  Outcome<Ok> listen(const HttpServerOptions& options);
  Outcome<Ok> load_tls(const HttpServerOptions& options);
  asio::awaitable<void> accept_until_drained();
  asio::awaitable<void> run_session(Tcp::socket socket);
  template <typename Stream>
  asio::awaitable<void> run_session_over(Stream& stream, Tcp::socket& socket);
  template <typename Stream>
  asio::awaitable<void> serve(Stream& stream, Place place, Deadline& deadline);
  template <typename Stream>
  asio::awaitable<std::optional<HttpReply>> read_body(Stream& stream, Place place, beast::flat_buffer& buffer,
                                                      Request& request, ByteBudget::Share& share,
                                                      Deadline& deadline);
  asio::awaitable<HttpReply> answer(Request& request);

  asio::any_io_executor executor;
  Tcp::acceptor acceptor;
  HttpService& service;
  ByteBudget budget;
  std::optional<asio::ssl::context> tls;
  std::list<Session> sessions;  // in the order in which they entered their stages
  bool draining = false;
};

Outcome<Ok> HttpServer::State::load_tls(const HttpServerOptions& options) {
  constexpr Error bad_tls{ErrorCode::malformed, "broker-tls", "certificate and key cannot be used for TLS"};
  beast::error_code problem;
  tls.emplace(asio::ssl::context::tls_server);
  tls->set_options(
      asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_sslv3, problem);
  if (!problem) tls->use_certificate_chain_file(options.tls_certificate, problem);
  if (!problem) tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, problem);
  if (problem) return Failure{bad_tls, problem.message()};
  return Ok{};
}

Outcome<Ok> HttpServer::State::listen(const HttpServerOptions& options) {
  constexpr Error bad_listen{ErrorCode::unavailable, "broker-listen", "the address cannot be listened on"};
  if (!options.tls_certificate.empty()) {
    const auto loaded = load_tls(options);
    if (!loaded) return loaded.failure();
  }
  beast::error_code problem;
  const auto address = asio::ip::make_address(options.address, problem);
  const Tcp::endpoint endpoint(address, options.port);
  if (!problem) acceptor.open(endpoint.protocol(), problem);
  if (!problem) acceptor.set_option(Tcp::acceptor::reuse_address(true), problem);
  if (!problem) acceptor.bind(endpoint, problem);
  if (!problem) acceptor.listen(Tcp::acceptor::max_listen_connections, problem);
  if (problem) return Failure{bad_listen, problem.message()};
  return Ok{};
}

void HttpServer::State::enter(Place place, Stage stage) {
  place->stage = stage;
  place->since = Clock::now();
  sessions.splice(sessions.end(), sessions, place);
}

// Ends the session that has been in its stage for longest, of those that may be ended. Whatever it waits for
// fails at once, and so does what it begins after that.
template <typename Predicate>
bool HttpServer::State::end_oldest(Predicate may_end) {
  const auto oldest = std::find_if(sessions.begin(), sessions.end(), [&](const Session& session) {
    return session.socket.is_open() && may_end(session);
  });
  if (oldest == sessions.end()) return false;
  beast::error_code ignored;
  oldest->socket.close(ignored);
  return true;
}

// Whether there is memory for so much of a body.
asio::awaitable<bool> HttpServer::State::hold_body(Place place, ByteBudget::Share& share,
                                                   std::size_t body_bytes) {
  const std::size_t counted = body_bytes - std::min(body_bytes, body_bytes_free);
  while (!share.grow_to(counted)) {
    const auto begun_before = Clock::now() - body_patience;
    const bool ended = end_oldest([&](const Session& session) {
      return session.stage == Stage::receiving && session.since < begun_before && &session != &*place;
    });
    if (!ended) co_return false;
    co_await asio::post(executor, asio::use_awaitable);  // until it has given its memory back
  }
  co_return true;
}

asio::awaitable<void> HttpServer::State::accept_until_drained() {
  // Written without waiting, as nothing may wait for a client that is one too many.
  constexpr std::string_view full =
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n";
  asio::steady_timer timer(executor);
  while (!draining) {
    auto [problem, socket] = co_await acceptor.async_accept(by_tuple);
    if (draining) break;
    if (problem) {  // such as too many open files
      timer.expires_after(pause);
      (void)co_await timer.async_wait(by_tuple);
      continue;
    }
    beast::error_code ignored;
    socket.set_option(Tcp::no_delay(true), ignored);
    // A place is not kept by waiting: for a request, for the rest of one, or for an answer to be read.
    const auto waits = [](const Session& session) { return session.stage != Stage::answering; };
    if (sessions.size() >= connections_max && !end_oldest(waits)) {
      socket.non_blocking(true, ignored);
      if (!tls) socket.write_some(asio::buffer(full), ignored);
      continue;
    }
    const auto run = [](std::shared_ptr<State> state, Tcp::socket accepted) -> asio::awaitable<void> {
      co_await state->run_session(std::move(accepted));
    };
    asio::co_spawn(executor, run(shared_from_this(), std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> HttpServer::State::run_session(Tcp::socket socket) {
  if (!tls) {
    co_await run_session_over(socket, socket);
    co_return;
  }
  TlsStream secured(std::move(socket), *tls);
  co_await run_session_over(secured, secured.next_layer());
}

template <typename Stream>
asio::awaitable<void> HttpServer::State::run_session_over(Stream& stream, Tcp::socket& socket) {
  const auto place = sessions.insert(sessions.end(), Session{.socket = socket});
  service.count_connections(sessions.size());
  {
    Deadline deadline(socket);
    beast::error_code refused;
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      deadline.start(handshake_limit);
      std::tie(refused) = co_await stream.async_handshake(asio::ssl::stream_base::server, by_tuple);
    }
    if (!refused) co_await serve(stream, place, deadline);
  }
  sessions.erase(place);
  service.count_connections(sessions.size());
}

template <typename Stream>
asio::awaitable<std::optional<HttpReply>> HttpServer::State::read_body(Stream& stream, Place place,
                                                                       beast::flat_buffer& buffer,
                                                                       Request& request,
                                                                       ByteBudget::Share& share,
                                                                       Deadline& deadline) {
  deadline.start(body_limit);
  if (beast::iequals(request.get()[http::field::expect], "100-continue")) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    (void)co_await asio::async_write(stream, asio::buffer(go_on), by_tuple);
  }
  while (!request.is_done()) {
    const auto [problem, count] = co_await http::async_read_some(stream, buffer, request, by_tuple);
    if (deadline.passed()) co_return error_reply(http::status::request_timeout, error_time);
    if (problem) {
      auto refusal = refuse_read(problem);
      co_return refusal ? std::move(refusal) : error_reply(http::status::bad_request, error_http);
    }
    const bool held = co_await hold_body(place, share, request.get().body().size());
    if (!held) co_return error_reply(http::status::service_unavailable, error_busy);
  }
  co_return std::nullopt;
}

asio::awaitable<HttpReply> HttpServer::State::answer(Request& request) {
  const auto target = request.get().target();
  if (target == "/rpc") co_return co_await service.answer_rpc(std::move(request.get().body()));
  if (target == "/healthz") co_return service.show_health();
  if (target == "/readyz") co_return service.show_readiness();
  co_return service.show_metrics();
}

template <typename Stream>
asio::awaitable<void> HttpServer::State::serve(Stream& stream, Place place, Deadline& deadline) {
  Tcp::socket& socket = place->socket;
  beast::flat_buffer buffer(buffer_bytes_max);
  while (!draining) {
    Request request;
    request.header_limit(header_bytes_max);
    request.body_limit(wire::frame_body_bytes_max);
    ByteBudget::Share share(budget);

    enter(place, Stage::idle);
    deadline.start(header_limit);
    const auto [problem, count] = co_await http::async_read_header(stream, buffer, request, by_tuple);
    enter(place, Stage::receiving);
    std::optional<HttpReply> refusal;
    if (!problem) {
      refusal = refuse_header(request.get());
      if (!refusal) refusal = co_await read_body(stream, place, buffer, request, share, deadline);
    } else if (deadline.passed() && (request.got_some() || buffer.size() > 0)) {
      refusal = error_reply(http::status::request_timeout, error_time);
    } else {
      refusal = refuse_read(problem);
      if (!refusal) break;
    }
    deadline.stop();
    if (!socket.is_open()) break;  // ended for another one's sake

    enter(place, Stage::answering);
    const bool refused = refusal.has_value();
    if (!refused) refusal = co_await answer(request);  // g++ 12 frees twice what co_await gives within ?:
    HttpReply reply = *std::move(refusal);
    http::response<Body> response(static_cast<http::status>(reply.status), 11);
    response.set(http::field::content_type, reply.content_type);
    response.set(http::field::cache_control, "no-store");
    response.keep_alive(!refused && !draining && request.get().keep_alive());
    response.body() = std::move(reply.body);
    response.prepare_payload();
    enter(place, Stage::replying);
    deadline.start(write_limit);
    const auto [unsent, sent] = co_await http::async_write(stream, response, by_tuple);
    if (unsent) break;
    if (!response.keep_alive()) {
      // Closing with unread bytes would reset the connection and could take the answer with it.
      deadline.start(linger_limit);
      beast::error_code ignored;
      socket.shutdown(Tcp::socket::shutdown_send, ignored);
      Bytes scratch(std::size_t{16} * 1024);
      while (!deadline.passed()) {
        const auto [ended, dropped] = co_await socket.async_read_some(asio::buffer(scratch), by_tuple);
        if (ended) break;
      }
      break;
    }
  }
}

Outcome<std::unique_ptr<HttpServer>> HttpServer::listen(const asio::any_io_executor& executor,
                                                        HttpService& service,
                                                        const HttpServerOptions& options) {
  auto state = std::make_shared<State>(executor, service);
  const auto listening = state->listen(options);
  if (!listening) return listening.failure();
  asio::co_spawn(
      executor, [state]() -> asio::awaitable<void> { co_await state->accept_until_drained(); },
      asio::detached);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  beast::error_code ignored;
  return state_->acceptor.local_endpoint(ignored).port();
}

asio::awaitable<void> HttpServer::drain(std::chrono::milliseconds limit) {
  const auto state = state_;
  const auto until = std::chrono::steady_clock::now() + limit;
  beast::error_code ignored;
  state->draining = true;
  state->acceptor.close(ignored);
  asio::steady_timer timer(state->executor);
  while (!state->sessions.empty()) {
    const bool late = std::chrono::steady_clock::now() >= until;
    for (const State::Session& session : state->sessions) {
      if (late || session.stage == State::Stage::idle) session.socket.cancel(ignored);
    }
    if (late) break;
    timer.expires_after(pause);
    (void)co_await timer.async_wait(by_tuple);
  }
}

}  // namespace ben::broker
