// Two limits of the broker: bytes in flight and calls a second.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace ben::broker {

// A number of bytes that all requests together may hold.
class ByteBudget {
 public:
  explicit ByteBudget(std::size_t bytes_max) noexcept : left_(bytes_max) {}

  // A part of the budget; given back when destroyed.
  class Share {
   public:
    explicit Share(ByteBudget& budget) noexcept : budget_(budget) {}
    ~Share() { budget_.left_ += held_; }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    Share(Share&&) = delete;
    Share& operator=(Share&&) = delete;

    // Makes the share at least `bytes` large. False, and nothing changes, when the budget has not that much.
    [[nodiscard]] bool grow_to(std::size_t bytes) noexcept {
      if (bytes <= held_) return true;
      if (bytes - held_ > budget_.left_) return false;
      budget_.left_ -= bytes - held_;
      held_ = bytes;
      return true;
    }

   private:
    ByteBudget& budget_;
    std::size_t held_ = 0;
  };

 private:
  std::size_t left_;
};

// At most `per_second` calls a second, and as many at once after a pause.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  explicit RateLimit(double per_second) noexcept : per_second_(per_second), tokens_(per_second) {}

  // Whether one more call may be made at `now`.
  [[nodiscard]] bool admit(Clock::time_point now) noexcept {
    const std::chrono::duration<double> passed = now - last_;
    tokens_ = std::min(per_second_, tokens_ + std::max(0.0, passed.count()) * per_second_);
    last_ = now;
    if (tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
  }

 private:
  double per_second_;
  double tokens_;
  Clock::time_point last_;
};

}  // namespace ben::broker
