// nitro-cli, or a program that takes the same arguments and prints the same JSON. Every call blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/outcome.hpp"

namespace ben::broker {

struct EnclaveInfo {
  std::string id;  // "i-...-enc..."
  std::string name;
  std::uint32_t cid = 0;
  bool running = false;  // State is RUNNING
  bool debug = false;    // Flags name DEBUG_MODE
};

struct EnclaveOrder {
  std::string eif_path;
  std::string name;
  std::uint32_t cid;
  std::uint32_t cpu_count;
  std::uint32_t memory_mib;
};

// What `describe-enclaves` and `run-enclave` print. Fail with `malformed` (broker-nitro-cli).
Result<std::vector<EnclaveInfo>> parse_enclaves(const std::string& json);
Result<EnclaveInfo> parse_started_enclave(const std::string& json);

// Calls fail with `unavailable` (broker-program, broker-program-time, or broker-nitro-cli when the program
// reports failure; its last words are the detail) or `malformed` (broker-nitro-cli).
class NitroCli {
 public:
  explicit NitroCli(std::string program) : program_(std::move(program)) {}

  Outcome<std::vector<EnclaveInfo>> describe();

  // Returns when the enclave has sent its heartbeat. Never asks for debug mode.
  Outcome<EnclaveInfo> run(const EnclaveOrder& order);

  // That there is no such enclave (any more) is a success.
  std::optional<Failure> terminate(const std::string& id);

 private:
  Outcome<std::string> call(std::vector<std::string> arguments, bool is_start);

  std::string program_;
};

}  // namespace ben::broker
