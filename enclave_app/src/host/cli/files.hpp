// Files of the operator: read whole with a limit, written so that a crash leaves the old or the new one.
// Everything here ends the command with a Stop that names the file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace ben::cli {

inline constexpr std::size_t small_file_bytes_max =
    1024UL * 1024;  // profiles, configs, policies, keys, evidence

// The whole file, or standard input for "-". Stops (file-read) when it cannot be read or is over `bytes_max`.
Bytes read_file(const std::filesystem::path& path, std::size_t bytes_max = small_file_bytes_max);
std::string read_text_file(const std::filesystem::path& path, std::size_t bytes_max = small_file_bytes_max);

// The same, or nothing when there is no such file.
std::optional<Bytes> read_file_if_present(const std::filesystem::path& path);

// Stops (file-exists) when there is something at `path`.
void stop_if_present(const std::filesystem::path& path);

// Writes a file that must not exist yet, mode 0600. Stops (file-exists, file-write).
void write_new_file(const std::filesystem::path& path, ByteView bytes);

// Replaces a file at once, mode 0600: readers and a crash see the old or the new one. Its folder is made,
// mode 0700. Stops (file-write).
void replace_file(const std::filesystem::path& path, ByteView bytes);

// Removes a file; that it is not there is no error.
void remove_file(const std::filesystem::path& path);

// An exclusive lock of `path`.lock until destroyed: two commands must not write one profile at once.
// Stops (file-locked) when another program holds it.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  FileLock(FileLock&&) = delete;
  FileLock& operator=(FileLock&&) = delete;

 private:
  int descriptor_;
};

}  // namespace ben::cli
