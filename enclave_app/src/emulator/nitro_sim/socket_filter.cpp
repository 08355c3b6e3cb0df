#include "nitro_sim/socket_filter.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace ben::emulator {
namespace {

constexpr std::uint32_t x32_calls = 0x40000000;  // the first number of the x32 ABI
constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;

constexpr sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
constexpr sock_filter skip_if_equal(std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
}
constexpr sock_filter give(std::uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }

// The domain is an int: its low 32 bits are all of it.
constexpr std::array filter{
    load(offsetof(seccomp_data, arch)),
    skip_if_equal(AUDIT_ARCH_X86_64, 1, 0),
    give(SECCOMP_RET_KILL_PROCESS),
    load(offsetof(seccomp_data, nr)),
    sock_filter{BPF_JMP | BPF_JGE | BPF_K, 0, 1, x32_calls},
    give(SECCOMP_RET_KILL_PROCESS),
    skip_if_equal(SYS_io_uring_setup, 5, 0),
    skip_if_equal(SYS_socket, 1, 0),
    skip_if_equal(SYS_socketpair, 0, 2),
    load(offsetof(seccomp_data, args)),
    skip_if_equal(AF_UNIX, 0, 1),
    give(SECCOMP_RET_ALLOW),
    give(refuse),
};

}  // namespace

Result<server::Descriptor> make_socket_filter() {
  server::Descriptor file(::memfd_create("socket-filter", MFD_CLOEXEC));
  constexpr auto size = static_cast<ssize_t>(sizeof filter);
  if (file.get() < 0 || ::write(file.get(), filter.data(), sizeof filter) != size ||
      ::lseek(file.get(), 0, SEEK_SET) != 0) {
    return Error{ErrorCode::internal, "sim-sandbox", "the sandbox's system call filter could not be made"};
  }
  return file;
}

}  // namespace ben::emulator
