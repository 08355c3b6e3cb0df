#include "nitro_sim/sandbox.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "init/sandbox_paths.hpp"
#include "nitro_sim/socket_filter.hpp"

namespace ben::emulator {
namespace {

constexpr Error not_started{ErrorCode::unavailable, "sim-sandbox", "bwrap (bubblewrap) could not be started"};
constexpr int filter_descriptor = 3;

// What a child gets: these descriptors, no environment, no blocked or ignored signals.
class SpawnSettings {
 public:
  SpawnSettings(int console, int filter) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, console, 1);
    ::posix_spawn_file_actions_adddup2(&actions_, console, 2);
    ::posix_spawn_file_actions_adddup2(&actions_, filter, filter_descriptor);

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

Result<Sandbox> Sandbox::start(const std::filesystem::path& root, const std::filesystem::path& sockets,
                               const server::Descriptor& console) {
  const auto filter = make_socket_filter();
  if (!filter) return filter.error();
  const SpawnSettings settings(console.get(), filter->get());
  const pid_t process =
      settings.spawn({"bwrap", "--unshare-all", "--as-pid-1", "--die-with-parent", "--new-session",
                      "--clearenv", "--ro-bind", root, "/", "--bind", sockets, sandbox_sockets_folder,
                      "--chdir", "/", "--seccomp", std::to_string(filter_descriptor), "--", "/init"});
  if (process < 0) return not_started;
  return Sandbox(process);
}

Sandbox::~Sandbox() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool Sandbox::has_ended() {
  if (process_ >= 0 && ::waitpid(process_, nullptr, WNOHANG) == process_) process_ = -1;
  return process_ < 0;
}

}  // namespace ben::emulator
