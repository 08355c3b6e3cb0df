#include "cli/files.hpp"
#include "cli/offline.hpp"
#include "cli/psbt_file.hpp"
#include "cli/stop.hpp"
#include "psbt/convert.hpp"

namespace ben::cli {

int convert_psbt(const PsbtConvertOptions& options, Output& output) {
  PsbtFile file = read_psbt_file(options.psbt);
  if (!options.out.empty()) stop_if_present(options.out);
  if (options.version == 2) {
    file.bytes = value_or_stop(psbt::convert_to_version_2(std::move(file.bytes)), "the PSBT");
  } else {
    psbt::Version0 converted = value_or_stop(psbt::convert_to_version_0(std::move(file.bytes)), "the PSBT");
    file.bytes = std::move(converted.psbt);
    output.yes_or_no("lost_modifiable", converted.lost_modifiable);
    output.yes_or_no("lost_required_lock_times", converted.lost_required_lock_times);
  }
  say_psbt(file, options.out, output);
  return exit_yes;
}

}  // namespace ben::cli
