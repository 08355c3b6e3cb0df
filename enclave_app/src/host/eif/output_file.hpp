// OutputFile: a file that appears under its name only when it is complete.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ben::eif {

// Content is copied in pieces of this size, which stay in a CPU's cache while they are hashed and written.
inline constexpr std::size_t copy_bytes = std::size_t{128} << 10;

// Writes all of `bytes` to an open file. Fails with `unavailable` (eif-output).
Result<> write_all(int file, ByteView bytes);

// Writes to a temporary file beside `path`; commit() renames it, and without commit() nothing is left.
// Every call fails with `unavailable` (eif-output) when the disk does not take it.
class OutputFile {
 public:
  static Result<std::unique_ptr<OutputFile>> create(const std::filesystem::path& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  OutputFile(OutputFile&&) = delete;
  OutputFile& operator=(OutputFile&&) = delete;

  Result<> append(ByteView bytes) { return write_all(file_, bytes); }
  Result<> overwrite(std::uint64_t offset, ByteView bytes);

  // Gives the file its name, replacing a file that has it. Does not wait for the disk: an image has a
  // checksum.
  Result<> commit();

 private:
  OutputFile(int file, std::filesystem::path path, std::string temporary) noexcept
      : file_(file), path_(std::move(path)), temporary_(std::move(temporary)) {}

  int file_;
  std::filesystem::path path_;
  std::string temporary_;  // empty once renamed
};

}  // namespace ben::eif
