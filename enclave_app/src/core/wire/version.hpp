// The version of the programs, as people see it.
#pragma once

#include <string_view>

namespace ben::wire {

inline constexpr std::string_view program_version = "0.1.0";

}  // namespace ben::wire
