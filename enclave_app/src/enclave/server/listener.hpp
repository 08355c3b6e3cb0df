// Listener: where connections of the broker come from. Implementations: vsock, and the emulator's unix
// socket.
#pragma once

#include <utility>

#include <unistd.h>

#include "base/result.hpp"

namespace ben::server {

// An open file descriptor with one owner.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

class Listener {
 public:
  Listener() = default;
  virtual ~Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  Listener(Listener&&) = delete;
  Listener& operator=(Listener&&) = delete;

  // Readable when accept() has something to give.
  [[nodiscard]] virtual int poll_descriptor() const noexcept = 0;

  // The next connection: a stream socket that does not block. Fails with `unavailable` (wire-accept) when
  // there is none or when it is not the broker's.
  virtual Result<Descriptor> accept() = 0;
};

}  // namespace ben::server
