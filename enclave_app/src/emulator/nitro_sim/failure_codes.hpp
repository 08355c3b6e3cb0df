// nitro-cli's code for a failure (AWS documentation, "Nitro Enclaves: CLI error codes").
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace ben::emulator {

// "E26" and the like; "E00" where nitro-cli has none of its own.
[[nodiscard]] std::string_view failure_code(const Error& error);

}  // namespace ben::emulator
