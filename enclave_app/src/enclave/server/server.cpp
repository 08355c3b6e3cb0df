#include "server/server.hpp"

#include <malloc.h>

#include <cerrno>

namespace ben::server {

Result<> Server::run() {
  // A fixed threshold: glibc would raise it to the size of the largest request and then keep that memory for
  // ever.
  ::mallopt(M_MMAP_THRESHOLD, 256 * 1024);  // NOLINT(concurrency-mt-unsafe): the program has one thread
  for (;;) {
    const auto served = serve_once(-1);
    if (!served) return served;
  }
}

Result<> Server::serve_once(int wait_ms_max) {
  events_.assign(1, {.fd = listener_.poll_descriptor(), .events = POLLIN, .revents = 0});
  for (const auto& connection : connections_) {
    // No more is read while an answer waits to be taken: a peer that does not read cannot make us pile up
    // answers.
    const bool is_writing = connection->wants_to_write();
    events_.push_back({.fd = connection->descriptor(),
                       .events = static_cast<short>(is_writing ? POLLOUT : POLLIN),
                       .revents = 0});
  }
  const int ready = ::poll(events_.data(), events_.size(), wait_ms(wait_ms_max));
  if (ready < 0 && errno != EINTR) return unavailable("wire-poll", "server: waiting for connections failed");
  signer_.begin_group();
  const auto now = Clock::now();
  for (std::size_t i = connections_.size(); i > 0; --i) {
    Connection& connection = *connections_[i - 1];
    const short happened = ready > 0 ? events_[i].revents : short{0};
    if (!serve(connection, happened) || has_missed_deadline(connection, now)) drop(i - 1);
  }
  if (ready > 0 && events_[0].revents != 0) accept_one();
  return Ok{};
}

// Until the next deadline of anybody, but no longer than wait_ms_max; -1: for ever.
int Server::wait_ms(int wait_ms_max) const {
  std::optional<Clock::time_point> next;
  const auto consider = [&](std::optional<Clock::time_point> candidate) {
    if (candidate && (!next || *candidate < *next)) next = candidate;
  };
  for (const auto& connection : connections_) {
    consider(connection->deadline());
    // What was read before an answer filled the socket is looked at now, without waiting.
    if (connection->has_input() && !connection->wants_to_write()) return 0;
  }
  if (operating_ != nullptr) consider(operation_until_);
  if (!next) return wait_ms_max;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*next - Clock::now()).count() + 1;
  const auto limit = wait_ms_max < 0 ? 60'000 : wait_ms_max;
  return static_cast<int>(std::clamp<long>(left, 0, limit));
}

void Server::accept_one() {
  auto descriptor = listener_.accept();
  if (!descriptor || connections_.size() >= connections_max) return;  // one too many is closed at once
  connections_.push_back(std::make_unique<Connection>(std::move(*descriptor), budget_));
  connections_.back()->send(wire::FrameType::hello, as_bytes(wire::encode_hello()));
}

Result<> Server::serve(Connection& connection, short events) {
  if (connection.wants_to_write()) {
    const auto flushed = connection.flush();
    if (!flushed) return flushed;
  }
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !connection.wants_to_write()) {
    const auto received = connection.receive();
    if (!received) return received;
  }
  while (!connection.wants_to_write()) {
    auto frame = connection.next_frame();
    if (!frame) return frame.error();
    if (!*frame) break;
    const std::size_t body_bytes = (*frame)->body.size();
    const auto taken = take_frame(connection, *std::move(*frame));
    connection.release(body_bytes);
    if (!taken) return taken;
    const auto flushed = connection.flush();
    if (!flushed) return flushed;
  }
  return Ok{};
}

Result<> Server::take_frame(Connection& connection, ArrivedFrame frame) {
  const Error unexpected = malformed("wire-order", "server: a frame came that nobody waits for");
  const bool is_reply = frame.type == wire::FrameType::ack || frame.type == wire::FrameType::kms_reply;
  if (connection.has_greeted() == (frame.type == wire::FrameType::hello)) return unexpected;
  if ((operating_ == &connection) != is_reply) return unexpected;
  if (frame.dropped_hash && frame.type != wire::FrameType::request) return unexpected;

  switch (frame.type) {
    case wire::FrameType::hello: {
      const auto admitted = wire::admit_hello(frame.body);
      if (!admitted) return admitted;
      connection.greet();
      return Ok{};
    }
    case wire::FrameType::request:
      send(connection, frame.dropped_hash ? signer_.refuse_busy(*frame.dropped_hash)
                                          : signer_.handle(std::move(frame.body)));
      return Ok{};
    case wire::FrameType::config:
      send(connection, signer_.configure(frame.body));
      return Ok{};
    case wire::FrameType::ack:
    case wire::FrameType::kms_reply:
      operating_ = nullptr;
      send(connection, signer_.resume(frame.type, frame.body));
      return Ok{};
    case wire::FrameType::response:
    case wire::FrameType::persist:
    case wire::FrameType::kms_decrypt:
      return unexpected;
  }
  return unexpected;
}

void Server::send(Connection& connection, const signer::Reply& reply) {
  if (reply.type != wire::FrameType::response) {
    const auto deadline = reply.type == wire::FrameType::persist ? persist_deadline : kms_deadline;
    operating_ = &connection;
    operation_until_ = Clock::now() + deadline;
  }
  connection.send(reply.type, reply.body);
}

bool Server::has_missed_deadline(const Connection& connection, Clock::time_point now) const {
  if (operating_ == &connection && now >= operation_until_) return true;
  const auto deadline = connection.deadline();
  return deadline && now >= *deadline;
}

void Server::drop(std::size_t place) {
  if (operating_ == connections_[place].get()) {
    operating_ = nullptr;
    signer_.abandon();
  }
  connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(place));
}

}  // namespace ben::server
