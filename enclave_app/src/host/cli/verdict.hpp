// What a person pins for one judgement, and how a judgement is said: the same for a live node, for files and
// for a proof bundle.
#pragma once

#include "cli/commands.hpp"
#include "cli/profile.hpp"
#include "verify/judgement.hpp"

namespace ben::cli {

struct Pinning {
  Profile profile;  // with the flags in place of its own pins
  verify::Pins pins;
  verify::Waivers waivers;
};

// Stops: usage, and those of reading the files that the flags name.
Pinning pinning_of(const VerifyOptions& options);

// One line for each check, and the verdict. Returns the exit code.
int conclude(const verify::Judgement& judgement, Output& output);

}  // namespace ben::cli
