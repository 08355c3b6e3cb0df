// Runs a program to its end and keeps what it printed.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace ben::broker {

inline constexpr std::size_t program_output_bytes_max =
    std::size_t{1024} * 1024;  // of each stream; more is dropped

struct ProgramEnd {
  int exit_code;  // 128 + signal when a signal ended it
  std::string output;
  std::string problems;  // standard error
};

// Runs `arguments[0]`, looked up in PATH, in a process group of its own, so that a Ctrl-C meant for us does
// not end it half-way. Waits for that process, not for children that it leaves behind. Blocks. Fails with
// `unavailable`: broker-program (it cannot be started), broker-program-time (killed after `limit`).
Result<ProgramEnd> run_program(const std::vector<std::string>& arguments, std::chrono::milliseconds limit);

// The path of the program that `name` would start, or empty: a name with a slash as it is, else by PATH.
[[nodiscard]] std::string find_program(const std::string& name);

}  // namespace ben::broker
