#include "eif/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace ben::eif {
namespace {

constexpr Error not_written{ErrorCode::unavailable, "eif-output", "the output could not be written"};
constexpr mode_t readable_by_all = 0644;

}  // namespace

Result<> write_all(int file, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return not_written;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return Ok{};
}

Result<std::unique_ptr<OutputFile>> OutputFile::create(const std::filesystem::path& path) {
  std::string temporary = path.string() + ".XXXXXX";
  const int file = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) return not_written;
  return std::unique_ptr<OutputFile>(new OutputFile(file, path, std::move(temporary)));
}

OutputFile::~OutputFile() {
  ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<> OutputFile::overwrite(std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return not_written;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return Ok{};
}

Result<> OutputFile::commit() {
  if (::fchmod(file_, readable_by_all) != 0) return not_written;
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return not_written;
  temporary_.clear();
  return Ok{};
}

}  // namespace ben::eif
