#include "eif/gzip.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <zlib.h>

#include "eif/output_file.hpp"

namespace ben::eif {
namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10;
constexpr int window_of_gzip = 15 + 16;  // zlib: 32 KiB, and a gzip header
constexpr int memory_level = 9;
constexpr ByteArray<2> gzip_magic{0x1f, 0x8b};

constexpr Error damaged{ErrorCode::malformed, "cpio-gzip",
                        "ramdisk: want one whole gzip member that unpacks to at most 1 GiB"};

class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, window_of_gzip) != Z_OK) std::abort();  // only memory can be missing
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  Inflater(Inflater&&) = delete;
  Inflater& operator=(Inflater&&) = delete;

  [[nodiscard]] bool ended() const noexcept { return ended_; }

  // Unpacks all of `packed`, which must not go on after the member's end.
  Result<> append(Bytes& packed, const Sink& sink) {
    stream_.next_in = packed.data();
    stream_.avail_in = static_cast<uInt>(packed.size());
    Bytes piece(piece_bytes);
    do {
      stream_.next_out = piece.data();
      stream_.avail_out = static_cast<uInt>(piece.size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      ended_ = status == Z_STREAM_END;
      const bool is_fine = ended_ || status == Z_OK || status == Z_BUF_ERROR;
      if (!is_fine || (ended_ && stream_.avail_in != 0)) return damaged;
      const auto taken = sink(ByteView(piece).first(piece.size() - stream_.avail_out));
      if (!taken) return taken;
    } while (!ended_ && stream_.avail_out == 0);
    return Ok{};
  }

 private:
  z_stream stream_{};
  bool ended_ = false;
};

// An open file without a name, gone when it is closed. Negative when there can be none.
int open_nameless_file() {
  std::string name = std::filesystem::temp_directory_path() / "ramdisk.XXXXXX";
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file >= 0) ::unlink(name.c_str());
  return file;
}

Result<> unpack(const Input& packed, const Sink& sink) {
  Inflater inflater;
  Bytes piece;
  for (std::uint64_t offset = 0; offset < packed.size(); offset += piece.size()) {
    if (inflater.ended()) return damaged;
    piece.resize(std::min<std::uint64_t>(packed.size() - offset, piece_bytes));
    if (const auto read = packed.read_at(offset, piece); !read) return read;
    if (const auto taken = inflater.append(piece, sink); !taken) return taken;
  }
  if (!inflater.ended()) return damaged;
  return Ok{};
}

}  // namespace

struct GzipWriter::State {
  z_stream stream{};
  Bytes piece = Bytes(piece_bytes);
};

GzipWriter::GzipWriter(Sink sink) : sink_(std::move(sink)), state_(std::make_unique<State>()) {
  const int status = deflateInit2(&state_->stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_of_gzip,
                                  memory_level, Z_DEFAULT_STRATEGY);
  if (status != Z_OK) std::abort();  // only memory can be missing
}

GzipWriter::~GzipWriter() { deflateEnd(&state_->stream); }

Result<> GzipWriter::append(ByteView bytes) {
  state_->stream.next_in = const_cast<Bytef*>(bytes.data());  // zlib only reads it
  state_->stream.avail_in = static_cast<uInt>(bytes.size());
  while (state_->stream.avail_in != 0) {
    if (const auto packed = pack(Z_NO_FLUSH); !packed) return packed.error();
  }
  return Ok{};
}

Result<> GzipWriter::finish() {
  for (int status = Z_OK; status != Z_STREAM_END;) {
    const auto packed = pack(Z_FINISH);
    if (!packed) return packed.error();
    status = *packed;
  }
  return Ok{};
}

Result<int> GzipWriter::pack(int flush) {
  z_stream& stream = state_->stream;
  stream.next_out = state_->piece.data();
  stream.avail_out = static_cast<uInt>(state_->piece.size());
  const int status = deflate(&stream, flush);
  const auto taken = sink_(ByteView(state_->piece).first(state_->piece.size() - stream.avail_out));
  if (!taken) return taken.error();
  return status;
}

Result<std::unique_ptr<Input>> open_archive(const Input& ramdisk, std::uint64_t bytes_max) {
  ByteArray<gzip_magic.size()> start{};
  if (ramdisk.size() >= start.size()) {
    if (const auto read = ramdisk.read_at(0, start); !read) return read.error();
  }
  if (start != gzip_magic) return {std::make_unique<WindowInput>(ramdisk, 0, ramdisk.size())};

  const int file = open_nameless_file();
  if (file < 0) return Error{ErrorCode::unavailable, "eif-output", "ramdisk: no temporary file can be made"};
  std::uint64_t size = 0;
  const auto unpacked = unpack(ramdisk, [&](ByteView bytes) -> Result<> {
    size += bytes.size();
    return size > bytes_max ? Result<>(damaged) : write_all(file, bytes);
  });
  if (!unpacked) {
    ::close(file);
    return unpacked.error();
  }
  auto archive = FileInput::adopt(file);
  if (!archive) return archive.error();
  return {*std::move(archive)};
}

}  // namespace ben::eif
