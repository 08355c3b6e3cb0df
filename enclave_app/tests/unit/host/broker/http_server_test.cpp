#include "broker/http_server.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "wire/frame.hpp"

namespace ben::broker {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t places = HttpServer::connections_max;
constexpr std::size_t large_bytes = std::size_t{16} * 1024 * 1024;

// Answers `wait` when it is told to, `large` with much, anything else at once with `ok`.
class Service : public HttpService {
 public:
  asio::awaitable<HttpReply> answer_rpc(Bytes request) override {
    const std::string asked(request.begin(), request.end());
    if (asked == "wait") {
      ++waiting;
      asio::steady_timer timer(co_await asio::this_coro::executor);
      while (!released) {
        timer.expires_after(5ms);
        co_await timer.async_wait(asio::use_awaitable);
      }
    }
    co_return text_reply(asked == "large" ? std::string(large_bytes, 'x') : "ok");
  }
  HttpReply show_health() override { return text_reply("ok"); }
  HttpReply show_readiness() override { return text_reply("ok"); }
  HttpReply show_metrics() override { return text_reply("ok"); }
  void count_connections(std::size_t open) override { most_open = std::max<std::size_t>(most_open, open); }

  std::atomic<bool> released = false;
  std::atomic<std::size_t> waiting = 0;
  std::atomic<std::size_t> most_open = 0;

 private:
  static HttpReply text_reply(const std::string& text) {
    return {.status = 200, .content_type = "text/plain", .body = Bytes(text.begin(), text.end())};
  }
};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    REQUIRE(::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    const int unread_bytes_max = 65536;
    REQUIRE(::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &unread_bytes_max, sizeof unread_bytes_max) == 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t count = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      REQUIRE(count > 0);
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void begin(std::size_t body_bytes, std::string_view body) const {
    send("POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body_bytes) + "\r\n\r\n");
    send(body);
  }
  void ask(std::string_view body) const { begin(body.size(), body); }

  // The bytes until they end so, the connection ends, or nothing comes for 20 s.
  [[nodiscard]] std::string receive(std::string_view end) const {
    std::string received;
    std::string part(65536, '\0');
    while (!received.ends_with(end)) {
      const ssize_t count = ::recv(socket_, part.data(), part.size(), 0);
      if (count <= 0) break;
      received.append(part, 0, static_cast<std::size_t>(count));
    }
    return received;
  }
  [[nodiscard]] bool is_served() const { return receive("\r\n\r\nok").starts_with("HTTP/1.1 200"); }
  [[nodiscard]] bool is_ended() const {
    char byte = 0;
    return ::recv(socket_, &byte, 1, MSG_DONTWAIT) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }

 private:
  int socket_;
};

struct Fixture {
  Fixture() {
    HttpServerOptions options;
    options.address = "127.0.0.1";
    auto listening = HttpServer::listen(io.get_executor(), service, options);
    REQUIRE(listening);
    server = std::move(*listening);
    port = server->port();
    thread = std::jthread([this] { io.run(); });
  }
  ~Fixture() {
    io.stop();
    thread.join();
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  [[nodiscard]] bool serves_new_client(std::string_view body = "anything") const {
    const Client client(port);
    client.ask(body);
    return client.is_served();
  }
  void connect(std::deque<Client>& clients, std::size_t count, std::string_view said = "") const {
    for (std::size_t i = 0; i < count; ++i) clients.emplace_back(port).send(said);
  }

  Service service;
  asio::io_context io{1};
  std::unique_ptr<HttpServer> server;
  std::uint16_t port = 0;
  std::jthread thread;
};

TEST_CASE_FIXTURE(Fixture, "clients that wait with their requests do not keep a new one out") {
  const std::string head = "POST /rpc HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 10\r\n";
  for (const std::string& said :
       {std::string{}, std::string{"POST"}, head, head + "\r\n", head + "\r\n{",
        std::string{"GET /healthz HTTP/1.1\r\n\r\n"}, std::string{"GET /nowhere HTTP/1.1\r\n\r\n"}}) {
    CAPTURE(said);
    std::deque<Client> crowd;
    connect(crowd, places + 40, said);
    for (int i = 0; i < 5; ++i) CHECK(serves_new_client());
  }
  CHECK(service.most_open >= places);
  CHECK(service.most_open <= places + 8);  // an ended one is counted until it knows
}

TEST_CASE_FIXTURE(Fixture, "the client that has waited longest makes room") {
  const Client asking(port);
  asking.ask("anything");
  CHECK(asking.is_served());
  std::deque<Client> silent;
  connect(silent, places - 1);
  while (service.most_open < places) std::this_thread::sleep_for(1ms);
  asking.ask("anything");
  CHECK(asking.is_served());
  CHECK(serves_new_client());
  CHECK(silent[0].is_ended());
  CHECK_FALSE(silent[1].is_ended());
  CHECK_FALSE(asking.is_ended());
}

TEST_CASE_FIXTURE(Fixture, "a request that is being answered keeps its place") {
  std::deque<Client> waiting;
  for (std::size_t i = 0; i < places; ++i) waiting.emplace_back(port).ask("wait");
  while (service.waiting < places) std::this_thread::sleep_for(1ms);
  CHECK(Client(port).receive("\r\n\r\n").starts_with("HTTP/1.1 503"));
  service.released = true;
  for (const Client& client : waiting) CHECK(client.is_served());
  CHECK(serves_new_client());
}

TEST_CASE_FIXTURE(Fixture, "a client that does not read its answer does not keep its place") {
  const Client deaf(port);
  deaf.ask("large");
  std::deque<Client> silent;
  connect(silent, places + 40);
  CHECK(serves_new_client());
  CHECK(deaf.receive("end").size() < large_bytes);
}

TEST_CASE_FIXTURE(Fixture,
                  "bodies that fill the memory keep out no small request, and no large one for long") {
  constexpr std::size_t free = std::size_t{16} * 1024;  // of each request
  std::deque<Client> hoarders;
  std::size_t left = HttpServer::bytes_in_flight_max;
  while (left > 0) {
    const std::size_t counted = std::min(left, wire::frame_body_bytes_max - 1 - free);
    hoarders.emplace_back(port).begin(wire::frame_body_bytes_max, std::string(counted + free, ' '));
    left -= counted;
  }
  CHECK(serves_new_client(std::string(free, ' ')));
  std::this_thread::sleep_for(2100ms);
  CHECK(serves_new_client(std::string(free, ' ')));
  CHECK_FALSE(hoarders[0].is_ended());
  CHECK(serves_new_client(std::string(free + 1, ' ')));
  CHECK(hoarders[0].is_ended());
  CHECK_FALSE(hoarders[1].is_ended());
}

}  // namespace
}  // namespace ben::broker
