// The system calls that a sandboxed enclave may not make.
#pragma once

#include "base/result.hpp"
#include "server/listener.hpp"

namespace ben::emulator {

// A file holding a seccomp filter (seccomp(2)) for `bwrap --seccomp`: socket and socketpair fail with EPERM
// for every domain but AF_UNIX, io_uring_setup, which could make sockets past the filter, always; a call
// through another ABI than x86-64's ends the process. Namespaces do not do this: AF_VSOCK is in none. Fails
// with `internal` (sim-sandbox).
Result<server::Descriptor> make_socket_filter();

}  // namespace ben::emulator
