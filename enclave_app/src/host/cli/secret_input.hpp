// Lines that nobody should see: typed at the terminal without echo, or of a file.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace ben::cli {

inline constexpr std::size_t secret_line_bytes_max = 1024;

// A line: wiped when it goes out of scope.
class SecretLine {
 public:
  SecretLine() = default;
  ~SecretLine();
  SecretLine(const SecretLine&) = delete;
  SecretLine& operator=(const SecretLine&) = delete;
  SecretLine(SecretLine&&) = delete;
  SecretLine& operator=(SecretLine&&) = delete;

  // Takes the next line of `descriptor`, up to secret_line_bytes_max of it, without its end.
  void read(int descriptor);

  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, secret_line_bytes_max> text_{};
  std::size_t size_ = 0;
};

class SecretInput {
 public:
  // `file`: a path, or - for standard input; empty: the terminal.
  explicit SecretInput(const std::string& file);
  ~SecretInput();
  SecretInput(const SecretInput&) = delete;
  SecretInput& operator=(const SecretInput&) = delete;
  SecretInput(SecretInput&&) = delete;
  SecretInput& operator=(SecretInput&&) = delete;

  // False where there is no such file, or no terminal.
  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

  // The next line; at the terminal after `prompt`.
  void read_line(const std::string& prompt, SecretLine& line);

 private:
  int descriptor_;
  bool is_asked_;  // of a person
};

}  // namespace ben::cli
