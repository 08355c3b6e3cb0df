// Listener: where connections of the broker come from. Implementations: vsock, and the emulator's unix
// socket.
#pragma once

#include "base/owned.hpp"
#include "base/result.hpp"
#include "descriptor.hpp"

namespace ben::server {

using ben::Descriptor;

class Listener : public Interface {
 public:
  // Readable when accept() has something to give.
  [[nodiscard]] virtual int poll_descriptor() const noexcept = 0;

  // The next connection: a stream socket that does not block. Fails with `unavailable` (wire-accept) when
  // there is none or when it is not the broker's.
  virtual Result<Descriptor> accept() = 0;
};

}  // namespace ben::server
