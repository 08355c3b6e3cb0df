// Outcome<T>: a value, or a Failure that also says what the other side said.
//
// Measured code reports by Result, whose text is fixed at compile time. Code that talks to services outside
// has to pass on their words as well: they are for people and logs, and never decide anything.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

#include "base/result.hpp"

namespace ben {

struct Failure {
  Error error;
  std::string detail;  // what the peer or the system said; may be empty
};

template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Outcome(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}
  Outcome(Error error) : Outcome(Failure{error, {}}) {}

  [[nodiscard]] explicit operator bool() const noexcept { return state_.index() == 0; }
  [[nodiscard]] T& operator*() noexcept { return present(std::get_if<0>(&state_)); }
  [[nodiscard]] const T& operator*() const noexcept { return present(std::get_if<0>(&state_)); }
  [[nodiscard]] T* operator->() noexcept { return &**this; }
  [[nodiscard]] const T* operator->() const noexcept { return &**this; }
  [[nodiscard]] const Failure& failure() const noexcept { return present(std::get_if<1>(&state_)); }

 private:
  template <typename Side>
  static Side& present(Side* side) noexcept {
    if (side == nullptr) std::abort();
    return *side;
  }

  std::variant<T, Failure> state_;
};

}  // namespace ben
