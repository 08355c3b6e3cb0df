// What has to hold before an enclave is started, checked first, because nitro-cli's own errors for it are
// numbers. Each problem is a sentence that says what to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ben::broker {

// nitro-cli refuses less: ENCLAVE_MEMORY_EIF_SIZE_RATIO (aws-nitro-enclaves-cli, resource_manager).
inline constexpr std::uint64_t memory_eif_ratio = 4;
inline constexpr std::uint32_t cid_min =
    4;  // 0 to 2 are reserved, 3 is the parent itself (vsock(7), nitro-cli)

struct Wishes {
  std::string eif_path;
  std::string nitro_cli;
  std::uint32_t cid;
  std::uint32_t cpu_count;
  std::uint32_t memory_mib;
};

// What the Nitro driver and its allocator have set up; only there on AWS.
struct NitroHost {
  bool device_exists = false;      // /dev/nitro_enclaves
  bool device_usable = false;      // may be opened by us
  std::uint64_t huge_mib = 0;      // reserved as huge pages, all sizes
  std::uint32_t pool_cpus = 0;     // set aside for enclaves
  std::uint32_t core_threads = 1;  // threads of a core

  // An enclave gets whole cores: the least number of CPUs that is one, and not less than `wanted`.
  [[nodiscard]] std::uint32_t whole_cores(std::uint32_t wanted) const noexcept {
    return (wanted + core_threads - 1) / core_threads * core_threads;
  }
};

struct HostFacts {
  std::optional<std::uint64_t> eif_bytes;  // none: no such file
  bool nitro_cli_found = false;
  std::optional<NitroHost> nitro;  // none: the enclave is not of this platform
};

// `root`: "/" or a copy of the files below it.
[[nodiscard]] HostFacts read_host_facts(const Wishes& wishes, bool is_nitro,
                                        const std::filesystem::path& root = "/");

// Everything that is wrong; empty: go on. On a Nitro host the wished number of CPUs is one of whole cores.
[[nodiscard]] std::vector<std::string> find_problems(const Wishes& wishes, const HostFacts& facts);

}  // namespace ben::broker
