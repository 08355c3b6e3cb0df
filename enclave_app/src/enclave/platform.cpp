#include "platform.hpp"

#include <array>

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/bytes.hpp"

namespace ben {

Result<std::string> start_platform() {
  // Already mounted is fine; what is missing shows below and when the NSM is opened.
  (void)::mount("dev", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, nullptr);
  (void)::mount("sys", "/sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);

  std::array<char, 64> name{};
  const int descriptor = ::open("/sys/class/misc/hw_random/rng_current", O_RDONLY | O_CLOEXEC);
  const ssize_t size = descriptor < 0 ? -1 : ::read(descriptor, name.data(), name.size());
  if (descriptor >= 0) ::close(descriptor);
  if (size < 2) {
    return Error{ErrorCode::unavailable, "nsm-rng",
                 "platform: the kernel names no hardware random generator"};
  }
  return std::string(name.data(), static_cast<std::size_t>(size) - 1);  // without the line's end
}

}  // namespace ben
