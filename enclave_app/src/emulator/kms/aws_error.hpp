// An error as AWS services answer it.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace ben::emulator {

struct AwsError {
  std::string type;  // "AccessDeniedException"
  std::string message;
  unsigned status = 400;
};

template <typename T>
using AwsResult = std::variant<T, AwsError>;

template <typename T>
[[nodiscard]] const AwsError* error_in(const AwsResult<T>& result) {
  return std::get_if<AwsError>(&result);
}

}  // namespace ben::emulator
