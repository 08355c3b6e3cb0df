// nitro-sim's commands. Each prints what nitro-cli does on standard output.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace ben::emulator {

inline constexpr std::uint32_t cpus_max = 256;

struct RunOptions {
  std::filesystem::path eif_path;
  std::uint32_t cpu_count = 0;         // 1 to cpus_max; or, instead:
  std::vector<std::uint32_t> cpu_ids;  // as many, each once
  std::uint64_t memory_mib = 0;
  std::optional<std::uint64_t> cid;  // none: the lowest free one from 16 on
  std::string name;                  // empty: that of the image file, and "_1", "_2" ... if it is taken
  bool is_debug = false;
  bool attach_console = false;  // makes it a debug enclave
  std::string role_arn;         // the emulated parent's IAM role, in PCR3; empty: none
  std::optional<std::chrono::milliseconds> boot_timeout;  // none: 20 s, or 60 s where a kernel boots
  std::filesystem::path qemu;   // the folder of scripts/build-qemu; empty: images with a kernel are refused
  bool leave_unsigned = false;  // of a virtual machine: its documents, which no verifier takes then
};

// By id, or by name. Both empty: every enclave.
struct EnclaveChoice {
  std::string id;
  std::string name;
};

// Each fails with the tags of what it uses (eif-…, cpio-…, sim-…) and:
//   run_enclave         `refused`: sim-cid, sim-cid-taken, sim-cpu-ids, sim-cpus, sim-kernel, sim-memory,
//                       sim-name;
//   eif-certificate-date
//                       when a signed image's certificate is out of date
//   the choosing ones   `refused`: sim-no-enclave when none is chosen
//   terminate_enclaves  `unavailable`: sim-terminate
Result<> run_enclave(const RunOptions& options);
Result<> describe_enclaves(bool with_metadata);
Result<> terminate_enclaves(const EnclaveChoice& choice);
Result<> show_console(const EnclaveChoice& choice, std::optional<std::chrono::seconds> timeout);
Result<> describe_image(const std::filesystem::path& path);

// Prints the path of the local test root's certificate, which is made if there is none: PEM, or DER.
enum class CertificateForm : std::uint8_t { pem, der };
Result<> show_root(CertificateForm form);

}  // namespace ben::emulator
