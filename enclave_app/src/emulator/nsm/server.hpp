// Serves a security module over a unix socket: u32 length (big-endian) and that many bytes, both ways.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/result.hpp"
#include "nsm/device.hpp"

namespace ben::emulator {

class NsmServer {
 public:
  // Listens at `path`, mode 0600, replacing a socket that is there, and answers from one thread of its own
  // until destroyed. `module` has to outlive the server and is used by that thread alone. A peer that sends
  // more than a request can have is disconnected; others are not disturbed by a slow one. Fails with
  // `unavailable` (nsm-socket).
  static Result<std::unique_ptr<NsmServer>> listen(const std::filesystem::path& path, NsmTransport& module);

  ~NsmServer();
  NsmServer(const NsmServer&) = delete;
  NsmServer& operator=(const NsmServer&) = delete;
  NsmServer(NsmServer&&) = delete;
  NsmServer& operator=(NsmServer&&) = delete;

 private:
  NsmServer(int listener, int wake, std::filesystem::path path, NsmTransport& module);
  void serve();

  int listener_;
  int wake_;  // an eventfd: written to stop
  std::filesystem::path path_;
  NsmTransport& module_;
  std::jthread thread_;
};

}  // namespace ben::emulator
