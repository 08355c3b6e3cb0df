// The interface of a random source. Its implementations: the platform's sources mixed, and a fixed one in
// tests.
#pragma once

#include <span>

#include "base/result.hpp"

namespace ben {

class RandomSource {
 public:
  RandomSource() = default;
  virtual ~RandomSource() = default;
  RandomSource(const RandomSource&) = delete;
  RandomSource& operator=(const RandomSource&) = delete;
  RandomSource(RandomSource&&) = delete;
  RandomSource& operator=(RandomSource&&) = delete;

  // Fills `out` with unpredictable bytes, or fails with `unavailable` and leaves `out` unspecified.
  virtual Result<> fill(std::span<std::uint8_t> out) = 0;
};

}  // namespace ben
