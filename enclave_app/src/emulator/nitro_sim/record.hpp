// What nitro-sim keeps of an enclave, as JSON in its folder and on standard output in nitro-cli's words.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "eif/image.hpp"

namespace ben::emulator {

struct EnclaveRecord {
  std::string name;
  std::string id;        // "i-<17 hex digits>-enc<16 hex digits>"
  pid_t process_id = 0;  // of the supervisor; 0: not started yet
  std::uint32_t cid = 0;
  std::vector<std::uint32_t> cpu_ids;
  std::uint64_t memory_mib = 0;
  bool is_debug = false;
  bool is_running = false;  // its heartbeat came
  eif::Measurements measurements;
  std::string metadata;  // JSON of eif::describe_metadata
};

// Keeping it. Fails with `malformed` (sim-record) when the text is not one that encode_record made.
[[nodiscard]] std::string encode_record(const EnclaveRecord& record);
Result<EnclaveRecord> parse_record(std::string_view text);

// Printing it, as `nitro-cli run-enclave`, `describe-enclaves` and `terminate-enclave` do: indented by two
// spaces, without a newline at the end. `with_metadata`: as
// with the flag --metadata.
[[nodiscard]] std::string describe_run(const EnclaveRecord& record);
[[nodiscard]] std::string describe_all(const std::vector<EnclaveRecord>& records, bool with_metadata);
[[nodiscard]] std::string describe_termination(const EnclaveRecord& record);

}  // namespace ben::emulator
