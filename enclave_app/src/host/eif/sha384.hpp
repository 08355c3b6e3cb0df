// Incremental SHA-384, for images that pass by in pieces.
#pragma once

#include "crypto/hash.hpp"

namespace ben::eif {

// A copy keeps the state reached so far.
class Sha384 {
 public:
  Sha384() noexcept;
  void update(ByteView bytes) noexcept;
  [[nodiscard]] Hash384 finish() noexcept;

 private:
  SHA512_CTX context_;
};

}  // namespace ben::eif
