// How a command ends early. The command line is the edge of the program: here, and only here, a failure is
// thrown, because its sentence names files, hosts and values that a library's Error cannot carry.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace ben::cli {

// 0: yes, or done. 1: no, or failed. 2: the command was called wrongly.
inline constexpr int exit_yes = 0;
inline constexpr int exit_no = 1;
inline constexpr int exit_usage = 2;

class Stop : public std::runtime_error {
 public:
  // `tag`: stable, for programs. `sentence`: what is wrong and what to do.
  // `origin`: who says so: this program, the signer (by a verified proof) or the broker (by its word only).
  Stop(std::string tag, const std::string& sentence, int exit_code = exit_no,
       std::string_view origin = "benctl")
      : std::runtime_error(sentence), tag_(std::move(tag)), origin_(origin), exit_code_(exit_code) {}

  [[nodiscard]] const std::string& tag() const noexcept { return tag_; }
  [[nodiscard]] const std::string& origin() const noexcept { return origin_; }
  [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

 private:
  std::string tag_;
  std::string origin_;
  int exit_code_;
};

// A wrong flag or argument.
class UsageStop : public Stop {
 public:
  explicit UsageStop(const std::string& sentence) : Stop("usage", sentence, exit_usage) {}
};

// `about` names what was tried: a file, a flag.
inline Stop stop_of(const Error& error, std::string_view about) {
  std::string sentence = std::string(about) + ": " + std::string(error.reason.view());
  if (!error.detail.view().empty()) sentence.append(" (").append(error.detail.view()).append(")");
  return {std::string(error.tag.view()), sentence};
}

// The value of `result`, or the end of the command.
template <typename T>
T value_or_stop(Result<T> result, std::string_view about) {
  if (result) return *std::move(result);
  throw stop_of(result.error(), about);
}

}  // namespace ben::cli
