// The enclave program: readies what its kernel has to give, builds the parts, joins them, gives up what
// serving does not need, and serves until the hypervisor stops it. Whatever cannot be had at the start ends
// the program; as it is PID 1, the kernel panics then, and the enclave is gone.
#include <cstdio>

#include <fcntl.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "lockdown/lockdown.hpp"
#include "nsm/device.hpp"
#include "server/server.hpp"

namespace ben {
namespace {

// The hardware generator that feeds the kernel's random pool, which has to be the NSM.
Result<std::string> read_rng() {
  constexpr std::string_view expected = "nsm-hwrng\n";
  std::array<char, 64> name{};
  const Descriptor file(::open("/sys/devices/virtual/misc/hw_random/rng_current", O_RDONLY | O_CLOEXEC));
  const ssize_t size = file.get() < 0 ? -1 : ::read(file.get(), name.data(), name.size());
  if (size < 0 || std::string_view(name.data(), static_cast<std::size_t>(size)) != expected)
    return refused("nsm-rng", "platform: the kernel's random pool is not fed by the NSM");
  return std::string(expected.substr(0, expected.size() - 1));
}

// Adds bytes of the NSM to the kernel's pool, so that randomness is there at once.
Result<> feed_kernel(NsmTransport& nsm) {
  Secret<256> random;
  BEN_TRY(NsmClient(nsm).get_random(random.expose_mutable()));
  const Descriptor pool(::open("/dev/urandom", O_WRONLY | O_CLOEXEC));
  constexpr int bits = 8 * 256;
  if (::write(pool.get(), random.expose().data(), 256) != 256 ||
      ::ioctl(pool.get(), RNDADDTOENTCNT, &bits) != 0)
    return unavailable("nsm-pool", "platform: the kernel took no randomness");
  return Ok{};
}

Result<> run() {
  BEN_TRY(keep_memory_private());
  BEN_TRY(pin_memory());
  // PID 1 starts without any file system but its own. Already mounted is fine; what is missing shows below.
  (void)::mount("dev", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, nullptr);
  (void)::mount("sys", "/sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
  BEN_TRY(auto rng, read_rng());
  BEN_TRY(const auto nsm, open_nsm_device());
  BEN_TRY(feed_kernel(*nsm));
  BEN_TRY(const auto signer, signer::Signer::start(*nsm, std::move(rng)));
  BEN_TRY(const auto listener, server::open_vsock_listener());
  BEN_TRY(server::send_heartbeat());

  // Of what the parent sends only the heartbeat's echo was read before this.
  BEN_TRY(drop_capabilities());
  BEN_TRY(restrict_system_calls());
  return server::Server(*listener, *signer).run();
}

}  // namespace
}  // namespace ben

int main() {
  const auto ended = ben::run();
  const std::string_view reason = ended.error().reason.view();
  (void)std::fprintf(stderr, "enclave-signer: %.*s\n", static_cast<int>(reason.size()), reason.data());
  return 1;
}
