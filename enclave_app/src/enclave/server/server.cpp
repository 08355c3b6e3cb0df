#include "server/server.hpp"

#include <malloc.h>
#include <poll.h>

#include <cerrno>

namespace ben::server {

Result<> Server::run() {
  // A fixed threshold: glibc would raise it to the size of the largest request and then keep that memory for
  // ever.
  ::mallopt(M_MMAP_THRESHOLD, 256 * 1024);  // NOLINT(concurrency-mt-unsafe): the program has one thread
  for (;;) {
    BEN_TRY(serve_once(60'000));
  }
}

Result<> Server::serve_once(int wait_ms_max) {
  std::vector<pollfd> events;  // the listener's, then those of connections_ in their order
  events.push_back({.fd = listener_.poll_descriptor(), .events = POLLIN, .revents = 0});
  auto wait_until = Clock::now() + std::chrono::milliseconds(wait_ms_max);
  for (const Connection& connection : connections_) {
    // No more is read while an answer waits to be taken: a peer that does not read cannot make us pile up
    // answers.
    const short awaited = connection.wants_to_write() ? POLLOUT : POLLIN;
    events.push_back({.fd = connection.descriptor(), .events = awaited, .revents = 0});
    wait_until = std::min(wait_until, connection.deadline());
  }
  const auto wait_ms = std::chrono::ceil<std::chrono::milliseconds>(wait_until - Clock::now()).count();
  if (::poll(events.data(), events.size(), static_cast<int>(std::max(wait_ms, 0L))) < 0 && errno != EINTR)
    return unavailable("wire-poll", "server: waiting for connections failed");
  signer_.begin_group();
  const auto now = Clock::now();
  for (std::size_t i = connections_.size(); i > 0; --i) {
    Connection& connection = connections_[i - 1];
    const bool is_well = events[i].revents == 0 || serve(connection).has_value();
    if (is_well && now < connection.deadline()) continue;
    if (connection.reply_until) signer_.abandon();
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i - 1));
  }
  if (events[0].revents != 0) accept_one();
  return Ok{};
}

std::size_t Server::memory_left() const {
  std::size_t left = memory_bytes_max;
  for (const Connection& connection : connections_) left -= connection.reserved_bytes();
  return left;
}

void Server::accept_one() {
  auto descriptor = listener_.accept();
  if (!descriptor || connections_.size() >= connections_max) return;  // one too many is closed at once
  connections_.emplace_back(std::move(*descriptor))
      .send(wire::FrameType::hello, as_bytes(wire::encode_hello()));
}

Result<> Server::serve(Connection& connection) {
  BEN_TRY(connection.flush());
  for (int frames = 0; frames < frames_a_turn_max && !connection.wants_to_write(); ++frames) {
    BEN_TRY(auto frame, connection.receive(memory_left()));
    if (!frame) break;
    BEN_TRY(take_frame(connection, *std::move(frame)));
    BEN_TRY(connection.flush());
  }
  return Ok{};
}

Result<> Server::take_frame(Connection& connection, ArrivedFrame frame) {
  const Error unexpected = malformed("wire-order", "server: a frame came that nobody waits for");
  const bool is_reply = frame.type == wire::FrameType::ack || frame.type == wire::FrameType::kms_reply;
  if (connection.has_greeted == (frame.type == wire::FrameType::hello)) return unexpected;
  if (connection.reply_until.has_value() != is_reply) return unexpected;
  if (frame.dropped_hash && frame.type != wire::FrameType::request) return unexpected;

  if (frame.type == wire::FrameType::hello) {
    connection.has_greeted = true;
    return wire::admit_hello(frame.body);
  }
  if (is_reply) {
    connection.reply_until.reset();
    send(connection, signer_.resume(frame.type, frame.body));
  } else if (frame.type == wire::FrameType::config) {
    send(connection, signer_.configure(frame.body));
  } else if (frame.type != wire::FrameType::request) {
    return unexpected;
  } else if (frame.dropped_hash) {
    send(connection, signer_.refuse_busy(*frame.dropped_hash));
  } else {
    send(connection, signer_.handle(std::move(frame.body)));
  }
  return Ok{};
}

void Server::send(Connection& connection, const signer::Reply& reply) {
  if (reply.type == wire::FrameType::persist) connection.reply_until = Clock::now() + persist_deadline;
  if (reply.type == wire::FrameType::kms_decrypt) connection.reply_until = Clock::now() + kms_deadline;
  connection.send(reply.type, reply.body);
}

}  // namespace ben::server
