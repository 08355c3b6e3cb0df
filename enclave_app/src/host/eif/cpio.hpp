// Ramdisks: cpio archives in the "newc" format (Linux, Documentation/driver-api/early-userspace/
// buffer-format.rst), in the one form that the same manifest always gives.
//
// The form: entries sorted by path, each after its folder; uid, gid, mtime and the archive's device 0; inode
// = position from 1; link count 1, of a folder 2; hexadecimal digits in upper case; TRAILER!!! and zeros up
// to a multiple of 512. No links, no fifos, no block devices, no sockets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "eif/input.hpp"

namespace ben::eif {

inline constexpr std::size_t cpio_entries_max = 1024;
inline constexpr std::size_t cpio_path_bytes_max = 255;

enum class EntryKind : std::uint8_t { file, folder, character_device };

// Content of a file: bytes, or the file to copy them from.
using Source = std::variant<Bytes, std::filesystem::path>;

struct ManifestEntry {
  std::string path;  // relative: "dev/console"; parts that are neither empty nor "." nor ".."
  EntryKind kind = EntryKind::file;
  std::uint32_t permissions = 0;   // at most 07777
  Source source;                   // of a file
  std::uint32_t device_major = 0;  // of a character device
  std::uint32_t device_minor = 0;
};

// How an archive is packed into a ramdisk.
enum class Packing : std::uint8_t { plain, gzip };

struct Manifest {
  std::vector<ManifestEntry> entries;
  Packing packing = Packing::plain;
};

// Reads a manifest, one entry a line, in the words of Linux's gen_init_cpio without owners, and how the
// archive is packed, plain if no line says:
//     packing gzip
//     dir /dev 0755
//     nod /dev/console 0600 5 1
//     file /init build/release/enclave-signer 0755
// A line that is empty or starts with '#' is skipped; names hold no spaces; a relative source is taken from
// `folder`. Fails with `malformed` (manifest-line); `failed_line`, if given, is then its number from 1.
Result<Manifest> parse_manifest(std::string_view text, const std::filesystem::path& folder,
                                std::size_t* failed_line = nullptr);

// Writes the archive of `manifest`, in any order given, to `output`, whole or not at all. Fails with
// `malformed` (cpio-path, cpio-order: a path twice or without its folder, cpio-mode, cpio-count, cpio-size)
// or `unavailable` (eif-file: a source cannot be read; eif-output).
Result<> write_cpio(Manifest manifest, const std::filesystem::path& output);

struct Entry {
  std::string path;
  EntryKind kind;
  std::uint32_t permissions;
  std::uint32_t device_major;
  std::uint32_t device_minor;
  std::uint64_t content_offset;  // in the archive
  std::uint32_t content_bytes;
};

// Lists an archive. Accepts exactly what write_cpio writes, so equal lists and contents are equal bytes.
// Fails with `malformed` (cpio-header, cpio-path, cpio-order, cpio-mode, cpio-count, cpio-size, cpio-padding,
// cpio-trailer) or `unavailable` (eif-file).
Result<std::vector<Entry>> list_cpio(const Input& archive);

// Writes files and folders of a listed archive below `folder`, which exists, belongs to the caller alone and
// may hold the entries of an earlier archive; devices are left out. An entry never replaces another one.
// Fails with `unavailable` (eif-file, eif-output).
Result<> extract_cpio(const Input& archive, const std::vector<Entry>& entries,
                      const std::filesystem::path& folder);

}  // namespace ben::eif
