#include "nsm/device.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

#include "descriptor.hpp"

namespace ben {
namespace {

// Linux's include/uapi/linux/nsm.h, which the build's kernel headers need not have.
struct NsmIovec {
  std::uint64_t address;
  std::uint64_t size;
};
struct NsmRaw {
  NsmIovec request;
  NsmIovec response;  // size: of the buffer, and then of the reply
};
static_assert(sizeof(NsmRaw) == 32);
static_assert(nsm_ioctl_raw == _IOWR(0x0A, 0, NsmRaw));

class NsmDevice final : public NsmTransport {
 public:
  explicit NsmDevice(Descriptor device) noexcept : device_(std::move(device)) {}

  Result<std::size_t> exchange(ByteView request, std::span<std::uint8_t> reply) override {
    NsmRaw raw{.request = {reinterpret_cast<std::uintptr_t>(request.data()), request.size()},
               .response = {reinterpret_cast<std::uintptr_t>(reply.data()), reply.size()}};
    if (::ioctl(device_.get(), nsm_ioctl_raw, &raw) != 0 || raw.response.size > reply.size())
      return unavailable("nsm-device", "nsm: the device did not answer");
    return raw.response.size;
  }

 private:
  Descriptor device_;
};

}  // namespace

Result<std::unique_ptr<NsmTransport>> open_nsm_device(const char* path) {
  Descriptor device(::open(path, O_RDWR | O_CLOEXEC));
  if (device.get() < 0) {
    return unavailable(
        "nsm-device",
        "nsm: /dev/nsm cannot be opened: this is no Nitro enclave, or its kernel has no NSM driver");
  }
  return std::unique_ptr<NsmTransport>(std::make_unique<NsmDevice>(std::move(device)));
}

}  // namespace ben
