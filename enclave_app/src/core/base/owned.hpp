// Owned<T, free>: what a C library made, given back by the function it names.
#pragma once

#include <memory>

namespace ben {

template <auto free_function>
struct GiveBack {
  template <typename T>
  void operator()(T* made) const noexcept {
    free_function(made);
  }
};

template <typename T, auto free_function>
using Owned = std::unique_ptr<T, GiveBack<free_function>>;

}  // namespace ben
