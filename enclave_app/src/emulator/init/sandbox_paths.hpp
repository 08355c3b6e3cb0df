// Where nitro-sim's `process` platform puts the sockets that an enclave's init finds in its sandbox.
//
// Ports are hybrid-vsock's (Firecracker, docs/vsock.md): whoever connects to vsock.sock sends
// "CONNECT <port>\n" and gets "OK <number>\n" before the stream begins; the enclave reaches port P of the
// host (CID 3) at vsock.sock_P, without such words.
#pragma once

namespace ben::emulator {

inline constexpr const char* sandbox_sockets_folder = "/run/vsock";
inline constexpr const char* sandbox_vsock_socket = "/run/vsock/vsock.sock";           // the enclave listens
inline constexpr const char* sandbox_heartbeat_socket = "/run/vsock/vsock.sock_9000";  // nitro-sim listens
inline constexpr const char* sandbox_nsm_socket = "/run/vsock/nsm.sock";               // nitro-sim listens

}  // namespace ben::emulator
