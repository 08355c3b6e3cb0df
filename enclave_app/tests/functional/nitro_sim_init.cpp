// An init for the tests of nitro-sim: it answers on port 5000, one line for one line. A file /behaviour in
// its ramdisk makes it a bad one: "die", "hang" or "wrong-heartbeat".
#include <dirent.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/hex.hpp"
#include "init/boot.hpp"
#include "init/hybrid_listener.hpp"
#include "init/sandbox_paths.hpp"
#include "init/unix_socket.hpp"
#include "lockdown/lockdown.hpp"
#include "nsm/client.hpp"
#include "nsm/socket_transport.hpp"

extern char** environ;

namespace ben::emulator {
namespace {

std::string outcome(bool succeeded) { return succeeded ? "allowed" : strerrorname_np(errno); }

std::string try_sockets() {
  std::string text;
  for (const auto& [name, domain] : {std::pair{"unix", AF_UNIX},
                                     {"inet", AF_INET},
                                     {"inet6", AF_INET6},
                                     {"netlink", AF_NETLINK},
                                     {"packet", AF_PACKET},
                                     {"vsock", AF_VSOCK}}) {
    const int socket = ::socket(domain, SOCK_STREAM, 0);
    text += std::string(name) + "=" + outcome(socket >= 0) + " ";
    ::close(socket);
  }
  text += "io_uring=" + outcome(::syscall(SYS_io_uring_setup, 1, nullptr) >= 0);
  return text;
}

std::string list(const char* path) {
  std::vector<std::string> names;
  DIR* folder = ::opendir(path);
  if (folder == nullptr) return "none";
  while (const dirent* entry = ::readdir(folder)) names.emplace_back(entry->d_name);
  ::closedir(folder);
  std::ranges::sort(names);
  std::string text;
  for (const std::string& name : names) text += name + " ";
  return text;
}

std::string look_around() {
  rlimit core{};
  ::getrlimit(RLIMIT_CORE, &core);
  std::FILE* made = std::fopen("/made", "w");
  const std::string write = outcome(made != nullptr);
  std::size_t variables = 0;
  while (environ[variables] != nullptr) ++variables;
  std::string environment = environ[0] == nullptr ? "" : environ[0];
  return "pid=" + std::to_string(::getpid()) + " write=" + write + " core=" + std::to_string(core.rlim_cur) +
         " dumpable=" + std::to_string(::prctl(PR_GET_DUMPABLE)) +
         " environment=" + std::to_string(variables) + ":" + environment + " root=" + list("/");
}

std::string read_pcr(NsmClient& nsm, const std::string& index) {
  const auto pcr = nsm.describe_pcr(static_cast<std::uint16_t>(std::atoi(index.c_str())));
  if (!pcr) return std::string(pcr.error().tag.view());
  return std::string(pcr->locked ? "locked " : "open ") + encode_hex(pcr->value);
}

std::string flood(std::size_t bytes) {
  const std::string line(1023, 'x');
  for (std::size_t written = 0; written < bytes; written += 1024) std::puts(line.c_str());
  std::fflush(stdout);
  return "done";
}

std::string answer(NsmClient& nsm, const std::string& line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string word = line.substr(0, space);
  const std::string rest = line.substr(std::min(space + 1, line.size()));
  if (word == "echo") return rest;
  if (word == "pcr") return read_pcr(nsm, rest);
  if (word == "sockets") return try_sockets();
  if (word == "look") return look_around();
  if (word == "flood") return flood(static_cast<std::size_t>(std::atoi(rest.c_str())));
  if (word == "exit") std::_Exit(0);
  return "unknown";
}

void serve(NsmClient& nsm, const server::Descriptor& peer) {
  std::string line;
  char next = 0;
  while (true) {
    pollfd event{peer.get(), POLLIN, 0};
    ::poll(&event, 1, -1);
    if (::recv(peer.get(), &next, 1, 0) != 1) return;
    if (next != '\n') {
      line.push_back(next);
      continue;
    }
    const std::string text = answer(nsm, line) + "\n";
    ::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL);
    line.clear();
  }
}

void behave_badly(const std::string& behaviour) {
  if (behaviour == "die") std::_Exit(3);
  if (behaviour == "hang") ::pause();
  if (behaviour != "wrong-heartbeat") return;
  const server::Descriptor host = connect_unix(sandbox_heartbeat_socket);
  ::send(host.get(), "x", 1, MSG_NOSIGNAL);
  ::pause();
}

int run() {
  std::puts("the init begins");
  std::fflush(stdout);
  std::ifstream file("/behaviour");
  behave_badly({std::istreambuf_iterator<char>(file), {}});
  const auto nsm = connect_nsm_socket(sandbox_nsm_socket);
  const auto listener = HybridListener::open(sandbox_vsock_socket, 5000);
  if (!keep_memory_private() || !nsm || !listener || !send_heartbeat(sandbox_heartbeat_socket)) return 1;
  NsmClient client(**nsm);
  while (true) {
    pollfd event{(*listener)->poll_descriptor(), POLLIN, 0};
    ::poll(&event, 1, -1);
    if (const auto peer = (*listener)->accept(); peer) serve(client, *peer);
  }
}

}  // namespace
}  // namespace ben::emulator

int main() { return ben::emulator::run(); }
