// The command line of benctl: which commands and flags there are, and their help.
#pragma once

namespace ben::cli {

// Runs one command. What it says goes to standard output, what went wrong to standard error. Returns the exit
// code: 0 yes or done, 1 no, 2 wrong usage.
int run(int argc, const char* const* argv);

}  // namespace ben::cli
