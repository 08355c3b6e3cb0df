#include "cli/files.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/stop.hpp"

namespace ben::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void stop(const char* tag, const fs::path& path, const char* what) {
  const std::string cause = std::generic_category().message(errno);
  throw Stop(tag, path.string() + ": " + what + ": " + cause);
}

// Closes a descriptor at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_(value) {}
  ~Descriptor() {
    if (value_ > STDERR_FILENO) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  [[nodiscard]] int get() const noexcept { return value_; }

 private:
  int value_;
};

Bytes read_all(const Descriptor& file, const fs::path& path, std::size_t bytes_max) {
  Bytes bytes;
  std::array<std::uint8_t, 65536> block{};
  for (;;) {
    const ssize_t count = ::read(file.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) stop("file-read", path, "cannot be read");
    if (count == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(count) > bytes_max) {
      throw Stop("file-read", path.string() + ": is larger than the " + std::to_string(bytes_max) +
                                  " bytes that this file may have");
    }
    bytes.insert(bytes.end(), block.begin(), block.begin() + count);
  }
}

void write_all(const Descriptor& file, const fs::path& path, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) stop("file-write", path, "cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  if (::fsync(file.get()) != 0) stop("file-write", path, "cannot be written");
}

fs::path folder_of(const fs::path& path) {
  const fs::path folder = path.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

void sync_folder(const fs::path& path) {
  const Descriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) stop("file-write", path, "its folder cannot be synced");
}

void make_folder(const fs::path& folder) {
  if (fs::exists(folder)) return;
  make_folder(folder_of(folder));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) stop("file-write", folder, "cannot be made");
}

}  // namespace

Bytes read_file(const fs::path& path, std::size_t bytes_max) {
  const Descriptor file(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) stop("file-read", path, "cannot be opened");
  return read_all(file, path, bytes_max);
}

std::string read_text_file(const fs::path& path, std::size_t bytes_max) {
  return std::string(as_text(read_file(path, bytes_max)));
}

std::optional<Bytes> read_file_if_present(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  return read_file(path);
}

void stop_if_present(const fs::path& path) {
  if (!fs::exists(fs::symlink_status(path))) return;
  throw Stop("file-exists", path.string() + ": exists already and is never overwritten: name another file");
}

void write_new_file(const fs::path& path, ByteView bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0 && errno == EEXIST) stop_if_present(path);
  if (file.get() < 0) stop("file-write", path, "cannot be made");
  write_all(file, path, bytes);
  sync_folder(path);
}

void replace_file(const fs::path& path, ByteView bytes) {
  make_folder(folder_of(path));
  const fs::path draft = path.string() + ".new";
  {
    const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.get() < 0) stop("file-write", draft, "cannot be made");
    write_all(file, draft, bytes);
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) stop("file-write", path, "cannot be replaced");
  sync_folder(path);
}

void remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) stop("file-write", path, "cannot be removed");
}

FileLock::FileLock(const fs::path& path) : descriptor_(-1) {
  make_folder(folder_of(path));
  const fs::path lock = path.string() + ".lock";
  descriptor_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) stop("file-write", lock, "cannot be made");
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(descriptor_);
  throw Stop("file-locked", path.string() + ": another benctl is working with it: wait until it has ended");
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace ben::cli
