#include "eif/input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ben::eif {
namespace {

constexpr Error cut_short{ErrorCode::unavailable, "eif-file", "the file could not be read to its end"};

// Whether `size` bytes from `offset` on lie within `whole`; says it without adding up.
bool holds(std::uint64_t whole, std::uint64_t offset, std::uint64_t size) noexcept {
  return offset <= whole && size <= whole - offset;
}

}  // namespace

Result<> MemoryInput::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (!holds(bytes_.size(), offset, out.size())) return cut_short;
  std::ranges::copy(bytes_.subspan(offset, out.size()), out.begin());
  return Ok{};
}

Result<std::unique_ptr<FileInput>> FileInput::open(const std::filesystem::path& path) {
  // A fifo must not block.
  return adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

Result<std::unique_ptr<FileInput>> FileInput::adopt(int file) {
  constexpr Error no_file{ErrorCode::unavailable, "eif-file", "this is not a regular file that can be read"};
  if (file < 0) return no_file;
  struct stat status{};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file);
    return no_file;
  }
  return std::unique_ptr<FileInput>(new FileInput(file, static_cast<std::uint64_t>(status.st_size)));
}

FileInput::~FileInput() { ::close(file_); }

Result<> FileInput::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (!holds(size_, offset, out.size())) return cut_short;
  while (!out.empty()) {
    const ssize_t count = ::pread(file_, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return cut_short;
    out = out.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return Ok{};
}

Result<> WindowInput::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (!holds(size_, offset, out.size())) return cut_short;
  return whole_.read_at(offset_ + offset, out);
}

}  // namespace ben::eif
