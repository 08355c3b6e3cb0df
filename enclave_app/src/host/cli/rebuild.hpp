// `benctl rebuild`: a stranger's own check of a published image.
#pragma once

#include <string>

#include "cli/output.hpp"

namespace ben::cli {

struct RebuildOptions {
  std::string source;        // what git can clone
  std::string commit;        // commit or tag of it
  std::string measurements;  // file, as published
  std::string out;           // folder for the clone and the image; must not exist
};

// Clones the source, runs its scripts/build-image, measures the image with this program, and compares. Runs
// code of that source on this machine. Exit code 0 only if PCR0, PCR1 and PCR2 are the published ones. Stops
// (rebuild-folder, rebuild-program: a program cannot be run or failed) and for what it cannot read.
int rebuild(const RebuildOptions& options, Output& output);

}  // namespace ben::cli
