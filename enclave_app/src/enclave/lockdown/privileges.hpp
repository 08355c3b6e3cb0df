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

}  // namespace ben
