#include "nitro_sim/failure_codes.hpp"

#include <array>
#include <utility>

namespace ben::emulator {

std::string_view failure_code(const Error& error) {
  // The first prefix that fits counts.
  constexpr std::array codes = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"sim-cid-taken", "E33"},    // starting the enclave
      {"sim-cid", "E03"},          // an argument
      {"sim-cpus", "E22"},         // not enough CPUs
      {"sim-cpu-ids", "E20"},      // no such set of CPUs
      {"sim-config-file", "E19"},  // files
      {"sim-config", "E17"},       // JSON
      {"sim-memory", "E26"},       // not enough memory asked for
      {"sim-name", "E58"},         // naming
      {"sim-no-enclave", "E39"},   // no process to talk to
      {"sim-terminate", "E38"},    // a process that does not do as told
      {"sim-console", "E44"},      // no console
      {"sim-kernel", "E36"},       // booting
      {"sim-init", "E36"},
      {"sim-boot", "E36"},
      {"sim-sandbox", "E05"},  // starting a process
      {"sim-machine", "E05"},
      {"sim-state-owner", "E18"},  // file permissions
      {"sim-", "E07"},             // the state folder
      {"pki-", "E19"},
      {"eif-file", "E19"},  // files
      {"eif-output", "E19"},
      {"eif-", "E35"},  // the image
      {"cpio-", "E35"},
  });
  for (const auto& [prefix, code] : codes) {
    if (error.tag.view().starts_with(prefix)) return code;
  }
  return "E00";
}

}  // namespace ben::emulator
