#include "eif/cpio.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <algorithm>

#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "eif/gzip.hpp"
#include "folder.hpp"
#include "host/eif/image_bytes.hpp"

namespace ben::eif {
namespace {

using test::read_file;
using test::text_bytes;

ManifestEntry file(std::string path, std::string_view content, std::uint32_t permissions = 0644) {
  return {.path = std::move(path), .permissions = permissions, .source = text_bytes(content)};
}
ManifestEntry folder(std::string path) {
  return {.path = std::move(path), .kind = EntryKind::folder, .permissions = 0755, .source = {}};
}

std::vector<ManifestEntry> sample_manifest() {
  return {file("init", "program", 0755),
          folder("run"),
          folder("dev"),
          {.path = "dev/console",
           .kind = EntryKind::character_device,
           .permissions = 0600,
           .source = {},
           .device_major = 5,
           .device_minor = 1},
          folder("run/vsock"),
          file("empty", "")};
}

Bytes archive_of(const std::vector<ManifestEntry>& manifest) {
  const ben::test::Folder scratch;
  REQUIRE(write_cpio({manifest}, scratch / "out.cpio").has_value());
  return read_file(scratch / "out.cpio");
}

// One header in the format's own words, for a file that is the first entry.
std::string header_text(std::string_view mode, std::string_view size, std::string_view name_size) {
  return "070701"
         "00000001" +
         std::string(mode) +
         "00000000"
         "00000000"
         "00000001"
         "00000000" +
         std::string(size) +
         "00000000"
         "00000000"
         "00000000"
         "00000000" +
         std::string(name_size) + "00000000";
}

TEST_CASE("an archive is the format's bytes, zeros up to 512") {
  std::string expected = header_text("000081A4", "00000003", "00000002") + "a" + '\0' + "xyz" + '\0';
  expected +=
      "070701"
      "00000000"
      "00000000"
      "00000000"
      "00000000"
      "00000001"
      "00000000"
      "00000000"
      "00000000"
      "00000000"
      "00000000"
      "00000000"
      "0000000B"
      "00000000"
      "TRAILER!!!";
  expected.resize(512, '\0');
  CHECK(as_text(archive_of({file("a", "xyz")})) == expected);
}

TEST_CASE("the order of a manifest does not show") {
  auto manifest = sample_manifest();
  const Bytes archive = archive_of(manifest);
  std::ranges::reverse(manifest);
  CHECK(archive_of(manifest) == archive);
}

TEST_CASE("a listing is what was written, sorted") {
  const Bytes archive = archive_of(sample_manifest());
  const auto entries = list_cpio(MemoryInput(archive));
  REQUIRE(entries.has_value());
  std::string listing;
  for (const Entry& entry : *entries) listing += entry.path + " ";
  CHECK(listing == "dev dev/console empty init run run/vsock ");
  const Entry& console = (*entries)[1];
  CHECK(console.kind == EntryKind::character_device);
  CHECK(console.permissions == 0600);
  CHECK(console.device_major == 5);
  CHECK(console.device_minor == 1);
  const Entry& init = (*entries)[3];
  CHECK(init.permissions == 0755);
  CHECK(as_text(ByteView(archive).subspan(init.content_offset, init.content_bytes)) == "program");
}

TEST_CASE("files and folders are extracted, devices are not, and nothing is replaced") {
  const ben::test::Folder scratch;
  const Bytes archive = archive_of(sample_manifest());
  const MemoryInput input(archive);
  const auto entries = list_cpio(input);
  REQUIRE(entries.has_value());
  REQUIRE(extract_cpio(input, *entries, scratch.path()).has_value());
  CHECK(read_file(scratch / "init") == text_bytes("program"));
  CHECK(std::filesystem::is_directory(scratch / "run/vsock"));
  CHECK_FALSE(std::filesystem::exists(scratch / "dev/console"));
  struct stat status{};
  REQUIRE(::stat((scratch / "init").c_str(), &status) == 0);
  CHECK((status.st_mode & 0100U) != 0);

  const auto again = extract_cpio(input, *entries, scratch.path());
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().tag.view() == "eif-output");

  // A later ramdisk may use the folders of an earlier one.
  const Bytes more = archive_of({folder("run"), file("run/more", "x")});
  const auto more_entries = list_cpio(MemoryInput(more));
  REQUIRE(more_entries.has_value());
  CHECK(extract_cpio(MemoryInput(more), *more_entries, scratch.path()).has_value());
  CHECK(read_file(scratch / "run/more") == text_bytes("x"));
}

TEST_CASE("a manifest that names no proper tree is refused, and nothing is written") {
  const ben::test::Folder scratch;
  const std::pair<std::string_view, std::vector<ManifestEntry>> cases[] = {
      {"cpio-path", {file("", "")}},
      {"cpio-path", {file("/init", "")}},
      {"cpio-path", {file("../init", "")}},
      {"cpio-path", {folder("a"), file("a/../b", "")}},
      {"cpio-path", {folder("a"), file("a//b", "")}},
      {"cpio-path", {folder("a"), file("a/.", "")}},
      {"cpio-path", {file("a/", "")}},
      {"cpio-path", {file(std::string("a\0b", 3), "")}},
      {"cpio-path", {file(std::string(256, 'a'), "")}},
      {"cpio-path", {file("TRAILER!!!", "")}},
      {"cpio-order", {file("a", ""), file("a", "")}},
      {"cpio-order", {file("a/b", "")}},
      {"cpio-order", {file("a", ""), file("a/b", "")}},
      {"cpio-mode", {file("a", "", 010000)}},
      {"cpio-mode", {{.path = "a", .permissions = 0, .source = {}, .device_minor = 1}}},
      {"cpio-mode",
       {{.path = "a", .kind = EntryKind::character_device, .source = {}, .device_major = 65536}}},
      {"cpio-count", std::vector<ManifestEntry>(1025)},
      {"eif-file", {{.path = "a", .source = scratch / "absent"}}},
      {"eif-file", {{.path = "a", .source = scratch.path()}}},
  };
  for (const auto& [tag, manifest] : cases) {
    CAPTURE(tag);
    CAPTURE(manifest.back().path);
    const auto written = write_cpio({manifest}, scratch / "out.cpio");
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().tag.view() == tag);
    CHECK(std::filesystem::is_empty(scratch.path()));
  }
}

TEST_CASE("an archive that write_cpio does not write is refused") {
  const Bytes good = archive_of({file("a", "xyz"), file("b", "")});
  REQUIRE(list_cpio(MemoryInput(good)).has_value());
  struct Change {
    std::size_t offset;
    std::string_view text;
    std::string_view tag;
  };
  // Fields of the first header: magic 0, inode 6, mode 14, uid 22, gid 30, links 38, mtime 46, size 54,
  // device 62 70, rdev 78 86, name size 94, check 102, name 110; content 112; second header 116, name 226.
  const Change changes[] = {
      {0, "070702", "cpio-header"},     {6, "00000002", "cpio-header"},  {14, "000081a4", "cpio-header"},
      {14, "0000A1A4", "cpio-mode"},    {14, "0000C1A4", "cpio-mode"},   {14, "000061A4", "cpio-mode"},
      {14, "000181A4", "cpio-mode"},    {22, "00000001", "cpio-header"}, {30, "000003E8", "cpio-header"},
      {38, "00000002", "cpio-header"},  {46, "5F000000", "cpio-header"}, {54, "FFFFFFFF", "cpio-size"},
      {54, "00000002", "cpio-padding"}, {62, "00000001", "cpio-header"}, {78, "00000001", "cpio-mode"},
      {94, "00000001", "cpio-path"},    {94, "00000101", "cpio-path"},   {102, "00000001", "cpio-header"},
      {110, "/", "cpio-path"},          {110, ".", "cpio-path"},         {111, "b", "cpio-path"},
      {115, "z", "cpio-padding"},       {226, "a", "cpio-order"},        {226, "A", "cpio-order"},
      {511, "x", "cpio-padding"},
  };
  for (const Change& change : changes) {
    CAPTURE(change.offset);
    CAPTURE(change.text);
    Bytes archive = good;
    std::ranges::copy(as_bytes(change.text), archive.begin() + static_cast<long>(change.offset));
    const auto entries = list_cpio(MemoryInput(archive));
    REQUIRE_FALSE(entries.has_value());
    CHECK(entries.error().tag.view() == change.tag);
  }
}

TEST_CASE("an archive cut anywhere, or with bytes after it, is malformed") {
  const Bytes good = archive_of(sample_manifest());
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    const auto entries = list_cpio(MemoryInput(ByteView(good).first(size)));
    REQUIRE_FALSE(entries.has_value());
    CHECK(entries.error().code == ErrorCode::malformed);
  }
  Bytes longer = good;
  longer.resize(good.size() + 512, 0);
  const auto entries = list_cpio(MemoryInput(longer));
  REQUIRE_FALSE(entries.has_value());
  CHECK(entries.error().tag.view() == "cpio-trailer");
}

TEST_CASE("a manifest is read in the words of gen_init_cpio") {
  const auto manifest = parse_manifest(
      "# mount points\n"
      "dir /dev 0755\n\n"
      "nod /dev/console 0600 5 1\n"
      "  file /init  build/signer  0755\n"
      "file /x /absolute/source 0644",
      "/project");
  REQUIRE(manifest.has_value());
  const auto& entries = manifest->entries;
  REQUIRE(entries.size() == 4);
  CHECK(manifest->packing == Packing::plain);
  CHECK(entries[0].path == "dev");
  CHECK(entries[0].kind == EntryKind::folder);
  CHECK(entries[1].device_major == 5);
  CHECK(entries[1].permissions == 0600);
  CHECK(std::get<std::filesystem::path>(entries[2].source) == "/project/build/signer");
  CHECK(entries[2].permissions == 0755);
  CHECK(std::get<std::filesystem::path>(entries[3].source) == "/absolute/source");
  const auto packed = parse_manifest("dir /dev 0755\npacking gzip\n", "/project");
  REQUIRE(packed.has_value());
  CHECK(packed->packing == Packing::gzip);
  CHECK(packed->entries.size() == 1);
}

TEST_CASE("a line of a manifest that is anything else is malformed") {
  for (const char* line : {"dir", "dir /a", "dir a 0755", "dir /a 0755 x", "dir /a 9", "file /a 0755",
                           "file /a b -1", "nod /a 0600 5", "nod /a 0600 c 5", "slink /a b 0777",
                           "DIR /a 0755", "packing", "packing xz", "packing gzip 9"}) {
    CAPTURE(line);
    std::size_t failed_line = 0;
    const auto manifest = parse_manifest("dir /b 0755\n\n" + std::string(line), ".", &failed_line);
    REQUIRE_FALSE(manifest.has_value());
    CHECK(manifest.error().tag.view() == "manifest-line");
    CHECK(failed_line == 3);
  }
}

Bytes packed_archive_of(std::vector<ManifestEntry> entries) {
  const ben::test::Folder scratch;
  const Manifest manifest{.entries = std::move(entries), .packing = Packing::gzip};
  REQUIRE(write_cpio(manifest, scratch / "out.cpio.gz").has_value());
  return read_file(scratch / "out.cpio.gz");
}

Bytes read_all(const Input& input) {
  Bytes bytes(input.size());
  REQUIRE(input.read_at(0, bytes).has_value());
  return bytes;
}

TEST_CASE("a packed archive unpacks to the plain one, and its bytes are always these") {
  auto manifest = sample_manifest();
  manifest.push_back(file("large", std::string(300'000, 'x') + "end"));
  const Bytes packed = packed_archive_of(manifest);
  const Bytes plain = archive_of(manifest);
  const auto unpacked = open_archive(MemoryInput(packed));
  REQUIRE(unpacked.has_value());
  CHECK(read_all(**unpacked) == plain);
  const MemoryInput plain_input(plain);
  const auto as_it_is = open_archive(plain_input);
  REQUIRE(as_it_is.has_value());
  CHECK(read_all(**as_it_is) == plain);
  // Another zlib, another level or a clock would show here, and in PCR0.
  CHECK(encode_hex(sha256(packed)) == "cf544c75d12e65fb7a53825746bd7695b13e1d3d9b9a459d4b0c36513f86f3b0");
}

TEST_CASE("a packed archive that is damaged, goes on, or unpacks to too much is refused") {
  const Bytes good = packed_archive_of({file("a", "xyz")});
  const auto refused = [](const Bytes& packed) {
    const auto archive = open_archive(MemoryInput(packed));
    REQUIRE_FALSE(archive.has_value());
    CHECK(archive.error().tag.view() == "cpio-gzip");
  };
  for (std::size_t size = 2; size < good.size(); ++size) {
    CAPTURE(size);
    refused(Bytes(good.begin(), good.begin() + static_cast<long>(size)));
  }
  for (const std::size_t at : {std::size_t{2}, std::size_t{3}, good.size() - 1, good.size() - 5}) {
    Bytes damaged = good;
    damaged[at] ^= 0x80U;
    refused(damaged);
  }
  Bytes twice = good;
  twice.insert(twice.end(), good.begin(), good.end());
  refused(twice);
  Bytes longer = good;
  longer.push_back(0);
  refused(longer);

  const Bytes zeros = packed_archive_of({file("zeros", std::string(200'000, '\0'))});
  CHECK(zeros.size() < 1000);
  CHECK(open_archive(MemoryInput(zeros), 202'000).has_value());
  const auto too_large = open_archive(MemoryInput(zeros), 200'000);
  REQUIRE_FALSE(too_large.has_value());
  CHECK(too_large.error().tag.view() == "cpio-gzip");
}

}  // namespace
}  // namespace ben::eif
