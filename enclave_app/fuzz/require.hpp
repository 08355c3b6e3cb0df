// require: what has to hold for any input, or the fuzzer has found something.
#pragma once

#include <cstdlib>

inline void require(bool holds) {
  if (!holds) std::abort();
}
