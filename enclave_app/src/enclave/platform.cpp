#include "platform.hpp"

#include <array>
#include <string_view>

#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "nsm/client.hpp"
#include "nsm/device.hpp"
#include "server/listener.hpp"

namespace ben {
namespace {

using server::Descriptor;

Result<std::string> read_rng() {
  constexpr std::string_view expected = "nsm-hwrng\n";
  std::array<char, 64> name{};
  const Descriptor file(::open("/sys/devices/virtual/misc/hw_random/rng_current", O_RDONLY | O_CLOEXEC));
  const ssize_t size = file.get() < 0 ? -1 : ::read(file.get(), name.data(), name.size());
  if (size < 0 || std::string_view(name.data(), static_cast<std::size_t>(size)) != expected) {
    return Error{ErrorCode::refused, "nsm-rng", "platform: the kernel's random pool is not fed by the NSM"};
  }
  return std::string(expected.substr(0, expected.size() - 1));
}

// struct rand_pool_info of linux/random.h, with its bytes.
struct PoolInput {
  int entropy_bits;
  int size;
  std::array<std::uint8_t, 256> bytes;
};

Result<> feed_kernel(NsmTransport& nsm) {
  PoolInput input{.entropy_bits = 8 * 256, .size = 256, .bytes = {}};
  const auto drawn = NsmClient(nsm).get_random(input.bytes);
  if (!drawn) return drawn;
  const Descriptor pool(::open("/dev/urandom", O_WRONLY | O_CLOEXEC));
  const bool is_fed = ::ioctl(pool.get(), RNDADDENTROPY, &input) == 0;
  ::explicit_bzero(&input, sizeof input);
  if (!is_fed) return Error{ErrorCode::unavailable, "nsm-pool", "platform: the kernel took no randomness"};
  return Ok{};
}

}  // namespace

Result<Platform> start_platform() {
  // Already mounted is fine; what is missing shows below.
  (void)::mount("dev", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, nullptr);
  (void)::mount("sys", "/sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
  auto rng = read_rng();
  if (!rng) return rng.error();
  auto nsm = open_nsm_device();
  if (!nsm) return nsm.error();
  const auto fed = feed_kernel(**nsm);
  if (!fed) return fed.error();
  return Platform{.nsm = std::move(*nsm), .rng = std::move(*rng)};
}

}  // namespace ben
