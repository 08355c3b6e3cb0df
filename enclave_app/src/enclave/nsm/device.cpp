#include "nsm/device.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "descriptor.hpp"

namespace ben {
namespace {

class NsmDevice final : public NsmTransport {
 public:
  explicit NsmDevice(Descriptor device) noexcept : device_(std::move(device)) {}

  Result<std::size_t> exchange(ByteView request, std::span<std::uint8_t> reply) override {
    // Linux's struct nsm_raw (include/uapi/linux/nsm.h), which the build's kernel headers need not have: the
    // request, and the reply's buffer, whose size becomes that of the reply.
    iovec raw[] = {{const_cast<std::uint8_t*>(request.data()), request.size()}, {reply.data(), reply.size()}};
    static_assert(nsm_ioctl_raw == _IOWR(0x0A, 0, decltype(raw)));
    if (::ioctl(device_.get(), nsm_ioctl_raw, raw) != 0 || raw[1].iov_len > reply.size())
      return unavailable("nsm-device", "nsm: the device did not answer");
    return raw[1].iov_len;
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
