// The file of `run-enclave --config`: nitro-cli's settings of one enclave, as JSON.
#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "nitro_sim/commands.hpp"

namespace ben::emulator {

// Sets in `options` what the file names: eif_path and memory_mib, and cpu_count or cpu_ids; also
// enclave_name, enclave_cid, debug_mode and attach_console. As with nitro-cli, null is like an absent member,
// and other members mean nothing. Fails with `malformed` (sim-config), also when the file has over 64 KiB,
// and `unavailable` (sim-config-file).
Result<> read_run_config(const std::filesystem::path& path, RunOptions& options);

}  // namespace ben::emulator
