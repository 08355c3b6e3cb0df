// Ramdisks packed by gzip (RFC 1952): written with nothing that varies, read with a limit.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "eif/input.hpp"

namespace ben::eif {

// Takes bytes in order. Fails as the place where they go does.
using Sink = std::function<Result<>(ByteView)>;

// What a packed ramdisk may unpack to. An enclave unpacks into its memory, of which ours has 128 MiB.
inline constexpr std::uint64_t unpacked_bytes_max = std::uint64_t{1} << 30;

// One gzip member, level 9, no name, time 0. The same zlib gives the same bytes; a test pins them.
class GzipWriter {
 public:
  explicit GzipWriter(Sink sink);
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;
  GzipWriter(GzipWriter&&) = delete;
  GzipWriter& operator=(GzipWriter&&) = delete;

  Result<> append(ByteView bytes);
  Result<> finish();

 private:
  struct State;

  // One step of zlib, whose status it returns; what came out went to the sink.
  Result<int> pack(int flush);

  Sink sink_;
  std::unique_ptr<State> state_;
};

// The archive in a ramdisk: `ramdisk` itself, which then has to outlive it, or when that begins as gzip does,
// a nameless temporary file of what it unpacks to. Fails with `malformed` (cpio-gzip: damaged, over
// `bytes_max`, or more than one member) or `unavailable` (eif-file, eif-output).
Result<std::unique_ptr<Input>> open_archive(const Input& ramdisk,
                                            std::uint64_t bytes_max = unpacked_bytes_max);

}  // namespace ben::eif
