#include "nitro_sim/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>

namespace ben::emulator {
namespace {

// What a child gets: these descriptors, no environment, no blocked or ignored signals.
class SpawnSettings {
 public:
  SpawnSettings(const server::Descriptor& output, const server::Descriptor* extra) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output.get(), 1);
    ::posix_spawn_file_actions_adddup2(&actions_, output.get(), 2);
    if (extra != nullptr) ::posix_spawn_file_actions_adddup2(&actions_, extra->get(), 3);

    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  SpawnSettings(SpawnSettings&&) = delete;
  SpawnSettings& operator=(SpawnSettings&&) = delete;

  // -1 when the program could not be started.
  [[nodiscard]] pid_t spawn(std::vector<std::string> words) const {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    std::array<char*, 1> environment{nullptr};
    pid_t process = -1;
    const int failed =
        ::posix_spawnp(&process, pointers[0], &actions_, &attributes_, pointers.data(), environment.data());
    return failed == 0 ? process : -1;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

std::optional<ChildProcess> ChildProcess::start(std::vector<std::string> words,
                                                const server::Descriptor& output,
                                                const server::Descriptor* extra) {
  // setpriv (util-linux) is what makes the kernel end it with this process.
  const std::array<std::string, 4> before{"setpriv", "--pdeathsig", "KILL", "--"};
  words.insert(words.begin(), before.begin(), before.end());
  const pid_t process = SpawnSettings(output, extra).spawn(std::move(words));
  if (process < 0) return std::nullopt;
  return ChildProcess(process);
}

ChildProcess::~ChildProcess() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool ChildProcess::has_ended() {
  if (process_ >= 0 && ::waitpid(process_, nullptr, WNOHANG) == process_) process_ = -1;
  return process_ < 0;
}

}  // namespace ben::emulator
