// The other end of NsmServer: an NSM behind a connected stream socket. Standard library and POSIX only, so
// that a static program can use it.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "nsm/device.hpp"

namespace ben::emulator {

class SocketTransport final : public NsmTransport {
 public:
  // `connected`: a stream socket, owned from now on.
  explicit SocketTransport(int connected) noexcept : socket_(connected) {}
  ~SocketTransport() override;
  SocketTransport(const SocketTransport&) = delete;
  SocketTransport& operator=(const SocketTransport&) = delete;
  SocketTransport(SocketTransport&&) = delete;
  SocketTransport& operator=(SocketTransport&&) = delete;

  Result<std::size_t> exchange(ByteView request, std::span<std::uint8_t> reply) override;

 private:
  int socket_;
};

// Fails with `unavailable` (nsm-device) when nobody listens at `path`.
Result<std::unique_ptr<NsmTransport>> connect_nsm_socket(const std::string& path);

}  // namespace ben::emulator
