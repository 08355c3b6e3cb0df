// Where the enclave listens: vsock on AWS, a unix socket of the hybrid-vsock convention on the emulator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"

namespace ben::broker {

struct VsockAddress {
  std::uint32_t cid;
  std::uint32_t port;
};

// After connecting to `path` the client says "CONNECT <port>\n" and is answered "OK <number>\n".
struct UnixAddress {
  std::string path;
  std::uint32_t port;
};

using EnclaveAddress = std::variant<VsockAddress, UnixAddress>;

inline constexpr std::size_t unix_path_bytes_max = 107;  // sun_path less its NUL (unix(7))

// Takes `vsock:CID:PORT` or `unix:PATH:PORT`, in which `{cid}` stands for `cid`. Fails with `malformed`
// (broker-address).
Result<EnclaveAddress> parse_enclave_address(std::string_view address_template, std::uint32_t cid);

}  // namespace ben::broker
