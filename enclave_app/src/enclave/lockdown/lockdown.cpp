#include "lockdown/lockdown.hpp"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "nsm/device.hpp"

namespace ben {
namespace {

constexpr Error not_private =
    internal("lockdown-memory", "lockdown: the process's memory could not be protected");

// Allowed when the bits `mask` of argument `place` are `value`: without a mask, always. The arguments looked
// at are ints, or flags of which only low bits are defined, so the low 32 bits say all.
struct AllowedCall {
  std::uint32_t number;
  std::uint32_t place = 0;
  std::uint32_t mask = 0;
  std::uint32_t value = 0;
};
constexpr std::uint32_t all_bits = 0xffffffff;

constexpr AllowedCall serving_calls[] = {
    {SYS_poll},
    {SYS_accept4},
    {SYS_recvfrom},
    {SYS_sendto},
    {SYS_close},
    {SYS_ioctl, 1, all_bits, nsm_ioctl_raw},
    {SYS_getrandom},
    {SYS_clock_gettime},
    {SYS_time},    // libcrypto's generator asks for it
    {SYS_getpid},  // the same, to notice a fork
    {SYS_brk},
    {SYS_mmap, 2, PROT_EXEC, 0},
    {SYS_mremap},
    {SYS_munmap},
    {SYS_write, 0, all_bits, STDERR_FILENO},
    {SYS_exit_group},
};

constexpr sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
constexpr sock_filter keep_bits(std::uint32_t mask) { return BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask); }
constexpr sock_filter skip(std::uint32_t value, std::uint8_t if_equal, std::uint8_t if_not) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, if_equal, if_not);
}
constexpr sock_filter give(std::uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
constexpr sock_filter allow = give(SECCOMP_RET_ALLOW);
constexpr sock_filter kill = give(SECCOMP_RET_KILL_PROCESS);

// Without a match the next call sees the number again.
void append(std::vector<sock_filter>& filter, const AllowedCall& call) {
  const std::size_t low_half = offsetof(seccomp_data, args) + std::size_t{8} * call.place;
  filter.insert(filter.end(), {skip(call.number, 0, 5), load(low_half), keep_bits(call.mask),
                               skip(call.value, 0, 1), allow, kill});
}

}  // namespace

Result<> keep_memory_private() {
  constexpr rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return not_private;
  return Ok{};
}

Result<> pin_memory() {
  // The limit would end later allocations, once the capability is gone that lifts it.
  constexpr rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0 ||
      ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    return not_private;
  }
  return Ok{};
}

Result<> drop_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  constexpr __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capset, &header, none) != 0) {
    return internal("lockdown-capabilities", "lockdown: the capabilities could not be dropped");
  }
  return Ok{};
}

Result<> restrict_system_calls(std::span<const std::uint32_t> more) {
  // A call of the x32 ABI has a bit in its number that no number here has.
  std::vector<sock_filter> filter{load(offsetof(seccomp_data, arch)), skip(AUDIT_ARCH_X86_64, 1, 0), kill,
                                  load(offsetof(seccomp_data, nr))};
  for (const AllowedCall& call : serving_calls) append(filter, call);
  for (const std::uint32_t number : more) append(filter, {number});
  filter.push_back(kill);
  const sock_fprog program{.len = static_cast<unsigned short>(filter.size()), .filter = filter.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    return internal("lockdown-calls", "lockdown: the system calls could not be restricted");
  }
  return Ok{};
}

}  // namespace ben
