#include "lockdown/privileges.hpp"

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ben {
namespace {

constexpr Error not_private{ErrorCode::internal, "lockdown-memory",
                            "lockdown: the process's memory could not be protected"};

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
    return Error{ErrorCode::internal, "lockdown-capabilities",
                 "lockdown: the capabilities could not be dropped"};
  }
  return Ok{};
}

}  // namespace ben
