#include "broker/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX asks for it

namespace ben::broker {
namespace {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;

  void reset(int number) noexcept {
    close();
    number_ = number;
  }
  void close() noexcept {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  [[nodiscard]] int get() const noexcept { return number_; }

 private:
  int number_ = -1;
};

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;

  [[nodiscard]] bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
  }

  // Takes what is there; closes our end at the end of the stream.
  void drain(std::string& text) {
    std::array<char, 4096> buffer{};
    while (read_end.get() >= 0) {
      const ssize_t count = ::read(read_end.get(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        read_end.close();
        return;
      }
      const std::size_t room = program_output_bytes_max - text.size();
      text.append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
    }
  }
};

int start(const std::vector<std::string>& arguments, const Pipe& output, const Pipe& problems, pid_t& child) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.write_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, problems.write_end.get(), STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  const int problem = ::posix_spawnp(&child, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return problem;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<ProgramEnd> run_program(const std::vector<std::string>& arguments, std::chrono::milliseconds limit) {
  constexpr Error cannot_start{ErrorCode::unavailable, "broker-program", "the program cannot be started"};
  Pipe output;
  Pipe problems;
  pid_t child = -1;
  if (!output.open() || !problems.open()) return cannot_start;
  if (start(arguments, output, problems, child) != 0) return cannot_start;
  output.write_end.close();
  problems.write_end.close();
  const Descriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));

  ProgramEnd end{};
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || ended.get() < 0) {
      ::kill(-child, SIGKILL);
      wait_for(child);
      return Error{ErrorCode::unavailable, "broker-program-time", "the program did not end in time"};
    }
    std::array<pollfd, 3> watched = {{{.fd = ended.get(), .events = POLLIN, .revents = 0},
                                      {.fd = output.read_end.get(), .events = POLLIN, .revents = 0},
                                      {.fd = problems.read_end.get(), .events = POLLIN, .revents = 0}}};
    ::poll(watched.data(), watched.size(), static_cast<int>(left.count()));
    output.drain(end.output);
    problems.drain(end.problems);
    if ((watched[0].revents & POLLIN) != 0) break;
  }
  end.exit_code = wait_for(child);
  output.drain(end.output);
  problems.drain(end.problems);
  return end;
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0 ? name : std::string();
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

}  // namespace ben::broker
