// Who owns what: Owned<T, free> for what a C library made, Interface for what stays where it is.
#pragma once

#include <memory>

namespace ben {

template <auto free_function>
struct GiveBack {
  void operator()(auto* made) const noexcept { free_function(made); }
};

// Given back by the function it names.
template <typename T, auto free_function>
using Owned = std::unique_ptr<T, GiveBack<free_function>>;

// The base of what has several implementations: neither copied nor moved, and ended by its own destructor.
struct Interface {
  Interface() = default;
  virtual ~Interface() = default;
  Interface(const Interface&) = delete;
  Interface& operator=(const Interface&) = delete;
  Interface(Interface&&) = delete;
  Interface& operator=(Interface&&) = delete;
};

}  // namespace ben
