#include "nitro_sim/console.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "eif/output_file.hpp"

namespace ben::emulator {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_again{50};

}  // namespace

std::optional<ConsoleFile> ConsoleFile::create(const std::filesystem::path& path) {
  server::Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) return std::nullopt;
  return ConsoleFile(std::move(file));
}

void ConsoleFile::append(ByteView bytes) {
  const ByteView kept = bytes.first(std::min(bytes.size(), left_));
  left_ -= kept.size();
  if (!eif::write_all(file_.get(), kept)) left_ = 0;  // a full disk ends the recording, not the enclave
}

Result<> follow_console(const EnclaveFolder& enclave, std::optional<std::chrono::seconds> timeout) {
  const server::Descriptor file(::open(enclave.console().c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    return Error{ErrorCode::refused, "sim-console",
                 "the enclave has no console: it does not run in debug mode"};
  }
  const auto until = timeout ? Clock::now() + *timeout : Clock::time_point::max();
  std::array<std::uint8_t, 65536> buffer{};
  while (true) {
    const bool has_ended = !enclave.is_alive();
    ssize_t count = 0;
    while ((count = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
      const auto printed = eif::write_all(1, ByteView(buffer).first(static_cast<std::size_t>(count)));
      if (!printed) return Ok{};  // nobody reads any more
    }
    if (has_ended || Clock::now() >= until) return Ok{};
    std::this_thread::sleep_for(look_again);
  }
}

}  // namespace ben::emulator
