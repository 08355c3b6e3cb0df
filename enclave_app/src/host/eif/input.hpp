// Input: bytes that can be read at any offset, from memory or from a file, without loading them whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ben::eif {

class Input {
 public:
  Input() = default;
  virtual ~Input() = default;
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  Input(Input&&) = delete;
  Input& operator=(Input&&) = delete;

  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;

  // Fills `out` with the bytes from `offset` on. Fails with `unavailable` (eif-file) when they are not all
  // there: the file shrank or the disk failed. Callers check their ranges against size() first.
  virtual Result<> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const = 0;
};

// A view: `bytes` have to outlive it.
class MemoryInput final : public Input {
 public:
  explicit MemoryInput(ByteView bytes) noexcept : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return bytes_.size(); }
  Result<> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  ByteView bytes_;
};

class FileInput final : public Input {
 public:
  // Fails with `unavailable` (eif-file) when `path` is not a regular file that can be read.
  static Result<std::unique_ptr<FileInput>> open(const std::filesystem::path& path);
  // Takes over an open regular file as it is now: nobody writes to it any more. The same failure.
  static Result<std::unique_ptr<FileInput>> adopt(int file);
  ~FileInput() override;
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;
  FileInput(FileInput&&) = delete;
  FileInput& operator=(FileInput&&) = delete;

  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  Result<> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  FileInput(int file, std::uint64_t size) noexcept : file_(file), size_(size) {}

  int file_;
  std::uint64_t size_;
};

// `size` bytes of another input, which has to outlive it and to reach that far.
class WindowInput final : public Input {
 public:
  WindowInput(const Input& whole, std::uint64_t offset, std::uint64_t size) noexcept
      : whole_(whole), offset_(offset), size_(size) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  Result<> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  const Input& whole_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

}  // namespace ben::eif
