// Unix stream sockets by path (unix(7)).
#pragma once

#include <string>

#include "server/listener.hpp"

namespace ben::emulator {

// Both give a descriptor of -1 when the path is too long (107 bytes), or nobody listens there, or it is
// taken. A listener does not block; its file has mode 0600 under a umask of 077.
[[nodiscard]] server::Descriptor connect_unix(const std::string& path);
[[nodiscard]] server::Descriptor listen_unix(const std::string& path);

}  // namespace ben::emulator
