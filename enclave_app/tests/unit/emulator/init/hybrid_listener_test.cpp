#include "init/hybrid_listener.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <cstdlib>

#include "folder.hpp"
#include "init/boot.hpp"
#include "init/unix_socket.hpp"

namespace ben::emulator {
namespace {

struct Folder : test::Folder {
  [[nodiscard]] std::string socket() const { return path() / "vsock.sock"; }
};

void say(const server::Descriptor& peer, std::string_view text) {
  REQUIRE(::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

std::string heard(const server::Descriptor& peer) {
  std::string text(64, '\0');
  const ssize_t count = ::recv(peer.get(), text.data(), text.size(), MSG_DONTWAIT);
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return text;
}

bool is_closed(const server::Descriptor& peer) {
  pollfd event{peer.get(), POLLIN, 0};
  return ::poll(&event, 1, 0) == 1 && (event.revents & POLLHUP) != 0;
}

bool is_ready(const HybridListener& listener) {
  pollfd event{listener.poll_descriptor(), POLLIN, 0};
  return ::poll(&event, 1, 0) == 1;
}

TEST_CASE("a peer that asks for the port is given on, with all that follows its words") {
  const Folder folder;
  const auto listener = HybridListener::open(folder.socket(), 5000);
  REQUIRE(listener.has_value());
  CHECK_FALSE(is_ready(**listener));
  CHECK_FALSE((*listener)->accept().has_value());
  const auto peer = connect_unix(folder.socket());
  REQUIRE(peer.get() >= 0);
  say(peer, "CONNECT 5000\nthe stream begins");
  REQUIRE(is_ready(**listener));
  const auto accepted = (*listener)->accept();
  REQUIRE(accepted.has_value());
  CHECK(heard(*accepted) == "the stream begins");
  CHECK(heard(peer).starts_with("OK "));
  say(*accepted, "answer");
  CHECK(heard(peer) == "answer");
  CHECK_FALSE(is_ready(**listener));  // the stream is no matter of the listener any more
}

TEST_CASE("words that come in pieces count, and nobody waits for them") {
  const Folder folder;
  const auto listener = HybridListener::open(folder.socket(), 5000);
  REQUIRE(listener.has_value());
  const auto slow = connect_unix(folder.socket());
  for (const char letter : std::string_view("CONNECT 5000")) {
    say(slow, std::string_view(&letter, 1));
    CHECK_FALSE((*listener)->accept().has_value());
    CHECK_FALSE(is_ready(**listener));
  }
  const auto quick = connect_unix(folder.socket());
  say(quick, "CONNECT 5000\n");
  CHECK((*listener)->accept().has_value());
  CHECK(heard(quick).starts_with("OK "));
  CHECK(heard(slow).empty());
  say(slow, "\n");
  CHECK((*listener)->accept().has_value());
  CHECK(heard(slow).starts_with("OK "));
}

TEST_CASE("a peer that asks for another port, or says anything else, is closed without an answer") {
  const Folder folder;
  const auto listener = HybridListener::open(folder.socket(), 5000);
  REQUIRE(listener.has_value());
  for (const std::string_view words : {"CONNECT 5001\n", "CONNECT 50000\n", "CONNECT 05000\n",
                                       "connect 5000\n", "CONNECT 5000\r\n", "\n", "x"}) {
    CAPTURE(words);
    const auto peer = connect_unix(folder.socket());
    say(peer, words);
    CHECK_FALSE((*listener)->accept().has_value());
    CHECK(heard(peer).empty());
    CHECK(is_closed(peer));
  }
}

TEST_CASE("peers that say nothing do not keep others out") {
  const Folder folder;
  const auto listener = HybridListener::open(folder.socket(), 5000);
  REQUIRE(listener.has_value());
  std::vector<server::Descriptor> silent;
  for (std::size_t i = 0; i < 2 * greetings_max; ++i) {
    silent.push_back(connect_unix(folder.socket()));
    REQUIRE(silent.back().get() >= 0);
    CHECK_FALSE((*listener)->accept().has_value());
  }
  CHECK(is_closed(silent.front()));
  CHECK_FALSE(is_closed(silent.back()));
  const auto peer = connect_unix(folder.socket());
  say(peer, "CONNECT 5000\n");
  CHECK((*listener)->accept().has_value());
}

TEST_CASE("a path that is taken, too long or in no folder cannot be listened at") {
  const Folder folder;
  const auto listener = HybridListener::open(folder.socket(), 5000);
  REQUIRE(listener.has_value());
  for (const std::string& path :
       {folder.socket(), folder.socket() + std::string(100, 'x'), std::string("/absent/x")}) {
    const auto other = HybridListener::open(path, 5000);
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().tag.view() == "wire-listen");
  }
}

TEST_CASE("a heartbeat that nobody takes fails") {
  const Folder folder;
  const auto sent = send_heartbeat(folder.socket());
  REQUIRE_FALSE(sent.has_value());
  CHECK(sent.error().tag.view() == "wire-heartbeat");
}

}  // namespace
}  // namespace ben::emulator
