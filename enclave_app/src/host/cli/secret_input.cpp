#include "cli/secret_input.hpp"

#include <cstdio>

#include <fcntl.h>
#include <string.h>  // explicit_bzero
#include <termios.h>
#include <unistd.h>

namespace ben::cli {

SecretLine::~SecretLine() { ::explicit_bzero(text_.data(), text_.size()); }

void SecretLine::read(int descriptor) {
  char c = 0;
  size_ = 0;
  while (size_ < text_.size() && ::read(descriptor, &c, 1) == 1 && c != '\n') text_[size_++] = c;
  if (size_ > 0 && text_[size_ - 1] == '\r') --size_;
}

SecretInput::SecretInput(const std::string& file)
    : descriptor_(file == "-"    ? STDIN_FILENO
                  : file.empty() ? ::open("/dev/tty", O_RDWR | O_CLOEXEC)
                                 : ::open(file.c_str(), O_RDONLY | O_CLOEXEC)),
      is_asked_(file.empty()) {}

SecretInput::~SecretInput() {
  if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

void SecretInput::read_line(const std::string& prompt, SecretLine& line) {
  if (!is_asked_) {
    line.read(descriptor_);
    return;
  }
  termios shown{};
  const bool is_terminal = ::tcgetattr(descriptor_, &shown) == 0;
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (is_terminal) ::tcsetattr(descriptor_, TCSAFLUSH, &hidden);
  ::dprintf(descriptor_, "%s: ", prompt.c_str());
  line.read(descriptor_);
  if (is_terminal) ::tcsetattr(descriptor_, TCSAFLUSH, &shown);
  ::dprintf(descriptor_, "\n");
}

}  // namespace ben::cli
