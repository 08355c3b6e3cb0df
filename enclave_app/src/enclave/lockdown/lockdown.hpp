// What a signer's process gives away of itself: nothing, and what it may do: little.
#pragma once

#include "base/result.hpp"

namespace ben {

// No core file, and no reading of this process's memory by another one of the same user (PR_SET_DUMPABLE).
// Fails with `internal` (lockdown-memory), as does pin_memory.
Result<> keep_memory_private();

// Keeps every page in memory from its first use on (mlockall). Needs CAP_IPC_LOCK.
Result<> pin_memory();

// Gives up all capabilities. Fails with `internal` (lockdown-capabilities).
Result<> drop_capabilities();

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
