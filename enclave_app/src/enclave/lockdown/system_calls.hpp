// The system calls that are left to a signer that serves.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.hpp"

namespace ben {

// From now on this process is killed (SIGSYS) at any system call but those that serving takes: it accepts,
// receives, sends and closes connections, asks the NSM, gets memory that is never executable, reads clock and
// randomness, writes to standard error, and exits. It opens no file and no socket and starts no program; nor
// can it get privileges back (PR_SET_NO_NEW_PRIVS). Whatever it needs is open before. An architecture or ABI
// other than x86-64's kills as well.
//
// `more`: numbers of calls that a platform's listener needs beside those. Fails with `internal`
// (lockdown-calls).
Result<> restrict_system_calls(std::span<const std::uint32_t> more = {});

}  // namespace ben
