#include "server/connection.hpp"

#include <cerrno>

#include <sys/socket.h>

namespace ben::server {
namespace {

constexpr Error closed = unavailable("wire-closed", "connection: the other side is gone");

bool has_to_wait() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// What has arrived, 0 bytes when nothing has.
Result<std::size_t> read(const Descriptor& descriptor, std::span<std::uint8_t> out) {
  const ssize_t count = ::recv(descriptor.get(), out.data(), out.size(), 0);
  if (count < 0 && has_to_wait()) return std::size_t{0};
  if (count <= 0) return closed;
  return static_cast<std::size_t>(count);
}

}  // namespace

Result<std::optional<ArrivedFrame>> Connection::receive(std::size_t room) {
  const std::optional<ArrivedFrame> nothing_yet;
  if (head_read_ < head_.size()) {
    BEN_TRY(const auto count, read(descriptor_, std::span(head_).subspan(head_read_)));
    if (head_read_ == 0 && count > 0) frame_since_ = Clock::now();
    head_read_ += count;
    if (head_read_ < head_.size()) return nothing_yet;
    BEN_TRY(const auto header, wire::parse_frame_header(head_));
    frame_.type = header.type;
    body_left_ = header.body_bytes;
    if (body_left_ > room) dropped_.emplace();
    if (!dropped_) frame_.body.reserve(body_left_);  // pages that never arrive are never touched
  }
  if (body_left_ > 0) {
    std::array<std::uint8_t, read_bytes_max> piece;
    BEN_TRY(const auto count, read(descriptor_, std::span(piece).first(std::min(body_left_, piece.size()))));
    const ByteView arrived = ByteView(piece).first(count);
    if (dropped_) dropped_->update(arrived);
    if (!dropped_) frame_.body.insert(frame_.body.end(), arrived.begin(), arrived.end());
    body_left_ -= count;
    if (body_left_ > 0) return nothing_yet;
  }
  if (dropped_) frame_.dropped_hash = dropped_->finish();
  dropped_.reset();
  head_read_ = 0;
  return std::optional(std::exchange(frame_, {}));
}

void Connection::send(wire::FrameType type, ByteView body) {
  write_since_ = Clock::now();
  outgoing_ = wire::encode_frame_header(type, body.size());
  outgoing_.insert(outgoing_.end(), body.begin(), body.end());
}

Result<> Connection::flush() {
  while (wants_to_write()) {
    const std::size_t count = std::min(write_bytes_max, outgoing_.size() - written_);
    const ssize_t sent = ::send(descriptor_.get(), outgoing_.data() + written_, count, MSG_NOSIGNAL);
    if (sent < 0 && has_to_wait()) return Ok{};
    if (sent <= 0) return closed;
    written_ += static_cast<std::size_t>(sent);
    write_since_ = Clock::now();
  }
  outgoing_ = Bytes();
  written_ = 0;
  return Ok{};
}

Clock::time_point Connection::deadline() const noexcept {
  const auto next = reply_until.value_or(Clock::time_point::max());
  if (wants_to_write()) return std::min(next, write_since_ + write_deadline);
  if (head_read_ > 0 || !has_greeted) return std::min(next, frame_since_ + frame_deadline);
  return next;
}

}  // namespace ben::server
