// Waits between attempts: doubling, bounded, and spread so that many nodes do not come back at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ben::broker {

class Backoff {
 public:
  struct Limits {
    std::chrono::milliseconds first;
    std::chrono::milliseconds most;
  };

  explicit Backoff(Limits limits) noexcept : limits_(limits), next_(limits.first) {}

  // The next wait: between a half of and the whole of first, 2 first, 4 first, ... up to most.
  // `random`: any number; which one of the wait's range is taken.
  [[nodiscard]] std::chrono::milliseconds next(std::uint32_t random) noexcept {
    const auto whole = next_;
    next_ = std::min(limits_.most, 2 * next_);
    ++attempts_;
    const auto half = whole / 2;
    return half + std::chrono::milliseconds(random % static_cast<std::uint32_t>((whole - half).count() + 1));
  }

  // What was tried has succeeded.
  void reset() noexcept {
    next_ = limits_.first;
    attempts_ = 0;
  }

  [[nodiscard]] unsigned attempts() const noexcept { return attempts_; }

 private:
  Limits limits_;
  std::chrono::milliseconds next_;
  unsigned attempts_ = 0;  // since the last reset
};

}  // namespace ben::broker
