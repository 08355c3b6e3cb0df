// Connection: turns one stream of bytes into frames, and frames into bytes, without ever blocking.
#pragma once

#include <chrono>
#include <optional>

#include "base/bytes.hpp"
#include "crypto/hash.hpp"
#include "server/listener.hpp"
#include "wire/frame.hpp"

namespace ben::server {

using Clock = std::chrono::steady_clock;

inline constexpr std::size_t read_bytes_max = 64UL * 1024;
// Linux sends a vsock packet of more than 32 KiB in pieces that some devices lose; small writes cost nothing.
inline constexpr std::size_t write_bytes_max = 16UL * 1024;
inline constexpr std::chrono::seconds frame_deadline{10};
inline constexpr std::chrono::seconds write_deadline{60};

// The bytes of frame bodies that all connections hold together.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t bytes) noexcept : left_(bytes) {}
  [[nodiscard]] bool take(std::size_t bytes) noexcept {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }
  void give_back(std::size_t bytes) noexcept { left_ += bytes; }

 private:
  std::size_t left_;
};

// A frame as it arrived. When the budget did not hold it, the body was hashed and thrown away.
struct ArrivedFrame {
  wire::FrameType type;
  Bytes body;
  std::optional<Hash256> dropped_hash;
};

class Connection {
 public:
  // `budget` has to outlive the connection.
  Connection(Descriptor descriptor, MemoryBudget& budget) noexcept;
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&&) = delete;
  Connection& operator=(Connection&&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

  // Reads once what the socket has. Fails with `unavailable` (wire-closed) at its end or on an error.
  Result<> receive();

  // The next whole frame, or nothing yet. Fails with `malformed` (wire-frame).
  Result<std::optional<ArrivedFrame>> next_frame();

  // Gives the bytes of a frame back to the budget; call when it was handled.
  void release(std::size_t body_bytes) noexcept { budget_.give_back(body_bytes); }

  void send(wire::FrameType type, ByteView body);

  // Writes once what the socket takes. Fails like receive().
  Result<> flush();

  [[nodiscard]] bool wants_to_write() const noexcept { return written_ < outgoing_.size(); }

  // Bytes that arrived and were not looked at yet.
  [[nodiscard]] bool has_input() const noexcept { return consumed_ < incoming_.size(); }

  // Its first frame was admitted: from then on a quiet connection owes nothing.
  void greet() noexcept { has_greeted_ = true; }
  [[nodiscard]] bool has_greeted() const noexcept { return has_greeted_; }

  // When this connection has to have made progress, if it owes any.
  [[nodiscard]] std::optional<Clock::time_point> deadline() const noexcept;

 private:
  Result<bool> read_header();
  void take_body();

  Descriptor descriptor_;
  MemoryBudget& budget_;
  Bytes incoming_;
  std::size_t consumed_ = 0;
  Bytes outgoing_;
  std::size_t written_ = 0;
  std::optional<Clock::time_point> write_since_;

  // The frame that is arriving.
  std::optional<wire::FrameHeader> header_;
  Clock::time_point frame_since_ = Clock::now();
  bool has_greeted_ = false;
  Bytes body_;
  std::size_t body_left_ = 0;
  bool is_dropped_ = false;
  Sha256 dropped_hash_;
};

}  // namespace ben::server
