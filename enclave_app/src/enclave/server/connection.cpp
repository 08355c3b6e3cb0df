#include "server/connection.hpp"

#include <cerrno>

#include <sys/socket.h>

namespace ben::server {
namespace {

constexpr Error closed = unavailable("wire-closed", "connection: the other side is gone");

}  // namespace

Connection::Connection(Descriptor descriptor, MemoryBudget& budget) noexcept
    : descriptor_(std::move(descriptor)), budget_(budget) {}

Connection::~Connection() {
  if (header_ && !is_dropped_) budget_.give_back(header_->body_bytes);
}

Result<> Connection::receive() {
  if (consumed_ == incoming_.size()) {
    incoming_.resize(read_bytes_max);
    const ssize_t count = ::recv(descriptor_.get(), incoming_.data(), incoming_.size(), 0);
    const bool is_waiting = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    incoming_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    consumed_ = 0;
    if (count == 0 || (count < 0 && !is_waiting)) return closed;
  }
  return Ok{};
}

// True when there is a header, whether it was there before or not.
Result<bool> Connection::read_header() {
  if (header_) return true;
  if (body_.empty() && has_input()) frame_since_ = Clock::now();
  while (body_.size() < wire::frame_header_bytes && has_input()) body_.push_back(incoming_[consumed_++]);
  if (body_.size() < wire::frame_header_bytes) return false;
  const auto header = wire::parse_frame_header(ByteView(body_).first<wire::frame_header_bytes>());
  if (!header) return header.error();
  header_ = *header;
  body_.clear();
  body_left_ = header->body_bytes;
  is_dropped_ = !budget_.take(header->body_bytes);
  if (!is_dropped_) body_.reserve(header->body_bytes);  // pages that never arrive are never touched
  dropped_hash_ = Sha256();
  return true;
}

void Connection::take_body() {
  const std::size_t count = std::min(body_left_, incoming_.size() - consumed_);
  const ByteView arrived = ByteView(incoming_).subspan(consumed_, count);
  if (is_dropped_) {
    dropped_hash_.update(arrived);
  } else {
    body_.insert(body_.end(), arrived.begin(), arrived.end());
  }
  consumed_ += count;
  body_left_ -= count;
}

Result<std::optional<ArrivedFrame>> Connection::next_frame() {
  const auto has_header = read_header();
  if (!has_header) return has_header.error();
  if (!*has_header) return std::optional<ArrivedFrame>();
  take_body();
  if (body_left_ > 0) return std::optional<ArrivedFrame>();
  ArrivedFrame frame{.type = header_->type, .body = std::exchange(body_, {}), .dropped_hash = {}};
  if (is_dropped_) frame.dropped_hash = dropped_hash_.finish();
  header_.reset();
  return std::optional<ArrivedFrame>(std::move(frame));
}

void Connection::send(wire::FrameType type, ByteView body) {
  const Bytes header = wire::encode_frame_header(type, body.size());
  outgoing_.reserve(outgoing_.size() + header.size() + body.size());
  outgoing_.insert(outgoing_.end(), header.begin(), header.end());
  outgoing_.insert(outgoing_.end(), body.begin(), body.end());
  if (!write_since_) write_since_ = Clock::now();
}

Result<> Connection::flush() {
  while (wants_to_write()) {
    const std::size_t count = std::min(write_bytes_max, outgoing_.size() - written_);
    const ssize_t sent = ::send(descriptor_.get(), outgoing_.data() + written_, count, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Ok{};
    if (sent <= 0) return closed;
    written_ += static_cast<std::size_t>(sent);
    write_since_ = Clock::now();
  }
  outgoing_.clear();
  if (outgoing_.capacity() > read_bytes_max) outgoing_.shrink_to_fit();
  written_ = 0;
  write_since_.reset();
  return Ok{};
}

std::optional<Clock::time_point> Connection::deadline() const noexcept {
  if (write_since_) return *write_since_ + write_deadline;
  const bool frame_begun = header_.has_value() || !body_.empty();
  if (frame_begun || !has_greeted_) return frame_since_ + frame_deadline;
  return std::nullopt;
}

}  // namespace ben::server
