// The command line of `benctl eif`.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/eif_options.hpp"

namespace ben::cli {

// Options of the commands, where CLI11 fills them in.
struct EifCommands {
  EifBuildOptions build;
  EifSignOptions sign;
  EifVerifyOptions verify;
  EifImage image;  // of the commands that only read
  std::string second;
  std::string manifest;
  std::string out;
};

// Adds the commands to `group`; each, when it is asked for, gives its action to `choose`. `commands` has to
// outlive the parsing and the action.
void add_eif_commands(CLI::App& group, EifCommands& commands,
                      const std::function<void(std::function<int(Output&)>)>& choose);

}  // namespace ben::cli
