// An HTTP server that plays back raw replies, one a connection, and keeps what it was asked.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ben::test {

// Played back in the place of a reply: keeps the connection open and sends nothing.
inline const std::string never_answer = "<never answer>";

inline std::string http_reply(const std::string& status, const std::string& body,
                              const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
         "\r\n" + body;
}

class ScriptedServer {
 public:
  // The last reply is repeated for ever. `tls`: null for plain HTTP.
  explicit ScriptedServer(std::vector<std::string> replies, SSL_CTX* tls = nullptr)
      : replies_(std::move(replies)), tls_(tls), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~ScriptedServer() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const {
    return (tls_ != nullptr ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
  }
  [[nodiscard]] std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve(const std::stop_token& stop) {
    for (std::size_t turn = 0; !stop.stop_requested();) {
      pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      const timeval patience{.tv_sec = 2, .tv_usec = 0};
      ::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      answer(peer, replies_[std::min(turn++, replies_.size() - 1)], stop);
      ::close(peer);
    }
  }

  void answer(int peer, const std::string& reply, const std::stop_token& stop) {
    SSL* session = nullptr;
    if (tls_ != nullptr) {
      session = SSL_new(tls_);
      SSL_set_fd(session, peer);
      if (SSL_accept(session) != 1) {
        SSL_free(session);
        return;
      }
    }
    const auto receive = [&](char* data, int size) {
      return session != nullptr ? SSL_read(session, data, size)
                                : static_cast<int>(::recv(peer, data, static_cast<std::size_t>(size), 0));
    };
    std::string request;
    char buffer[4096];
    while (!is_complete(request)) {
      const int got = receive(buffer, sizeof buffer);
      if (got <= 0) break;
      request.append(buffer, static_cast<std::size_t>(got));
    }
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    if (reply == never_answer) {
      while (!stop.stop_requested() && ::recv(peer, buffer, sizeof buffer, MSG_PEEK) != 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    } else if (session != nullptr) {
      SSL_write(session, reply.data(), static_cast<int>(reply.size()));
    } else {
      ::send(peer, reply.data(), reply.size(), MSG_NOSIGNAL);
    }
    if (session != nullptr) {
      SSL_shutdown(session);
      SSL_free(session);
    }
  }

  static bool is_complete(const std::string& request) {
    const std::size_t end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::size_t field = request.find("Content-Length: ");
    const std::size_t body = field < end ? std::stoul(request.substr(field + 16)) : 0;
    return request.size() >= end + 4 + body;
  }

  std::vector<std::string> replies_;
  SSL_CTX* tls_;
  int listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::jthread thread_;
};

}  // namespace ben::test
