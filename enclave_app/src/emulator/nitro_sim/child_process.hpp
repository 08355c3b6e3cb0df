// A program that runs as long as the object that stands for it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/listener.hpp"

namespace ben::emulator {

// Killed with this object, and by the kernel when the thread that started it ends.
class ChildProcess {
 public:
  // Runs `words`, a program by name or path and its arguments, with an empty environment, nothing to read,
  // and its output going to `output`. `extra`, if given, is its descriptor 3. Nothing when it cannot be
  // started; a program that does not exist ends at once.
  static std::optional<ChildProcess> start(std::vector<std::string> words, const server::Descriptor& output,
                                           const server::Descriptor* extra = nullptr);

  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept : process_(std::exchange(other.process_, -1)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Whether it has ended; asks once, does not wait.
  [[nodiscard]] bool has_ended();

 private:
  explicit ChildProcess(pid_t process) noexcept : process_(process) {}

  pid_t process_;  // -1 once it was waited for
};

}  // namespace ben::emulator
