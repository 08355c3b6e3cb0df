// The form of our cpio archives, shared by their writer and their reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "eif/cpio.hpp"

namespace ben::eif::cpio_form {

inline constexpr std::string_view trailer = "TRAILER!!!";
inline constexpr std::size_t header_bytes = 6 + 8 * 13;  // "070701" and 13 numbers of 8 digits
inline constexpr std::size_t entry_multiple = 4;         // of header with name, and of content
inline constexpr std::size_t archive_multiple = 512;
inline constexpr std::uint32_t file_type_bits = 0170000;

inline constexpr Error bad_path{
    ErrorCode::malformed, "cpio-path",
    "ramdisk: a path has to be relative, of 1 to 255 bytes, without '.' and '..'"};
inline constexpr Error bad_mode{
    ErrorCode::malformed, "cpio-mode",
    "ramdisk: an entry has to be a file, a folder or a character device, mode <= 07777"};
inline constexpr Error bad_count{ErrorCode::malformed, "cpio-count", "ramdisk: more entries than the limit"};
inline constexpr Error bad_size{ErrorCode::malformed, "cpio-size", "ramdisk: a content does not fit"};

// The 13 numbers of a header, in the order of the archive.
struct Header {
  std::uint32_t inode = 0;
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t link_count = 1;
  std::uint32_t mtime = 0;
  std::uint32_t content_bytes = 0;
  std::uint32_t archive_device_major = 0;
  std::uint32_t archive_device_minor = 0;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint32_t name_bytes = 0;  // with its NUL
  std::uint32_t check = 0;

  friend bool operator==(const Header&, const Header&) = default;
};

[[nodiscard]] std::string encode_header(const Header& header);

// `text`: header_bytes characters. Nothing when they are no header.
[[nodiscard]] std::optional<Header> parse_header(std::string_view text);

[[nodiscard]] std::optional<EntryKind> to_entry_kind(std::uint32_t mode) noexcept;

// The one header that `entry` can have at `position` (from 0), and that of the trailer.
[[nodiscard]] Header header_of(const Entry& entry, std::size_t position);
[[nodiscard]] Header trailer_header();

[[nodiscard]] std::size_t padding_after(std::uint64_t offset, std::size_t multiple) noexcept;

// Checks what an entry says of itself, and its place after `earlier`. Fails with `malformed` (cpio-path,
// cpio-mode, cpio-size, cpio-order).
Result<> admit_entry(const Entry& entry, const std::vector<Entry>& earlier);

}  // namespace ben::eif::cpio_form
