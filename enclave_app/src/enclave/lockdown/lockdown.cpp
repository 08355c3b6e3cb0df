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

// Allowed when the bits `mask` of the word at `argument` are `value`: without a mask, always. The arguments
// looked at are ints, or flags of which only low bits are defined, so their low 32 bits, the first word, say
// all.
struct AllowedCall {
  std::uint32_t number;
  std::uint32_t argument = offsetof(seccomp_data, args);
  std::uint32_t mask = 0;
  std::uint32_t value = 0;
};

constexpr AllowedCall limited_calls[] = {
    {SYS_ioctl, offsetof(seccomp_data, args[1]), ~0U, nsm_ioctl_raw},
    {SYS_mmap, offsetof(seccomp_data, args[2]), PROT_EXEC, 0},
    {SYS_write, offsetof(seccomp_data, args[0]), ~0U, STDERR_FILENO},
};

// libcrypto's generator asks for the time, and for the process's number, to notice a fork.
constexpr std::uint32_t serving_calls[] = {
    SYS_poll, SYS_accept4, SYS_recvfrom, SYS_sendto, SYS_close,  SYS_getrandom, SYS_clock_gettime,
    SYS_time, SYS_getpid,  SYS_brk,      SYS_mremap, SYS_munmap, SYS_exit_group};

constexpr sock_filter load(std::uint32_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset); }
constexpr sock_filter keep_bits(std::uint32_t mask) { return BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask); }
constexpr sock_filter skip(std::uint32_t value, std::uint8_t if_equal, std::uint8_t if_not) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, if_equal, if_not);
}
constexpr sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
constexpr sock_filter kill = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);

// Without a match the next call sees the number again.
void append(std::vector<sock_filter>& filter, const AllowedCall& call) {
  filter.insert(filter.end(), {skip(call.number, 0, 5), load(call.argument), keep_bits(call.mask),
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
  if (::setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0 || ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
    return not_private;
  return Ok{};
}

Result<> drop_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  constexpr __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capset, &header, none) != 0)
    return internal("lockdown-capabilities", "lockdown: the capabilities could not be dropped");
  return Ok{};
}

Result<> restrict_system_calls(std::span<const std::uint32_t> more) {
  // A call of the x32 ABI has a bit in its number that no number here has.
  std::vector<sock_filter> filter{load(offsetof(seccomp_data, arch)), skip(AUDIT_ARCH_X86_64, 1, 0), kill,
                                  load(offsetof(seccomp_data, nr))};
  for (const AllowedCall& call : limited_calls) append(filter, call);
  for (const std::uint32_t number : serving_calls) append(filter, {number});
  for (const std::uint32_t number : more) append(filter, {number});
  filter.push_back(kill);
  const sock_fprog program{.len = static_cast<unsigned short>(filter.size()), .filter = filter.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    return internal("lockdown-calls", "lockdown: the system calls could not be restricted");
  return Ok{};
}

}  // namespace ben
