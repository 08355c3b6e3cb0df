// The console of a debug enclave: a file that its supervisor fills and that others follow.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "nitro_sim/state_folder.hpp"

namespace ben::emulator {

inline constexpr std::size_t console_bytes_max = std::size_t{1} << 20;

class ConsoleFile {
 public:
  // Nothing when the file cannot be made.
  static std::optional<ConsoleFile> create(const std::filesystem::path& path);

  // Keeps the first console_bytes_max bytes and drops the others.
  void append(ByteView bytes);

 private:
  explicit ConsoleFile(server::Descriptor file) noexcept : file_(std::move(file)) {}

  server::Descriptor file_;
  std::size_t left_ = console_bytes_max;
};

// Prints the console of `enclave` to standard output, from its beginning, until the enclave has ended or, if
// given, `timeout` is over. Fails with `refused` (sim-console) when there is none: not a debug enclave.
Result<> follow_console(const EnclaveFolder& enclave, std::optional<std::chrono::seconds> timeout);

}  // namespace ben::emulator
