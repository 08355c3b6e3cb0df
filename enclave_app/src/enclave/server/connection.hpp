// Connection: turns one stream of bytes into frames, and frames into bytes, without ever blocking.
#pragma once

#include <chrono>

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

// A frame as it arrived. When there was no room for it, the body was hashed and thrown away.
struct ArrivedFrame {
  wire::FrameType type{};
  Bytes body;
  std::optional<Hash256> dropped_hash;
};

class Connection {
 public:
  explicit Connection(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}

  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

  // Reads on, at most read_bytes_max: the next frame once it is whole, or nothing yet. `room`: the largest
  // body that may be kept. Fails with `unavailable` (wire-closed) at the stream's end or on an error, with
  // `malformed` (wire-frame).
  Result<std::optional<ArrivedFrame>> receive(std::size_t room);

  // Bytes that are kept for the frame that is arriving.
  [[nodiscard]] std::size_t reserved_bytes() const noexcept { return frame_.body.capacity(); }

  // Only while everything that was sent before is written: there is one frame to write at a time.
  void send(wire::FrameType type, ByteView body);

  // Writes what the socket takes. Fails with `unavailable` (wire-closed).
  Result<> flush();

  [[nodiscard]] bool wants_to_write() const noexcept { return written_ < outgoing_.size(); }

  // When this connection has to have made progress, if it owes any; else Clock's last moment.
  [[nodiscard]] Clock::time_point deadline() const noexcept;

  // What the server knows of the peer. Its first frame was admitted: from then on a quiet connection owes
  // nothing.
  bool has_greeted = false;
  // An operation of the signer waits for its ACK or KMS_REPLY.
  std::optional<Clock::time_point> reply_until;

 private:
  Descriptor descriptor_;
  Bytes outgoing_;
  std::size_t written_ = 0;
  Clock::time_point write_since_;

  // The frame that is arriving: its head, then its body.
  Clock::time_point frame_since_ = Clock::now();
  ByteArray<wire::frame_header_bytes> head_{};
  std::size_t head_read_ = 0;
  ArrivedFrame frame_;
  std::size_t body_left_ = 0;
  std::optional<Sha256> dropped_;
};

}  // namespace ben::server
