// Files that other readers take for an image, or for two different ones.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "eif/image.hpp"
#include "host/eif/image_bytes.hpp"

namespace ben::eif {
namespace {

using test::assemble;
using test::fix_crc;
using test::good_sections;
using test::text_bytes;

void check_refused(const Bytes& image, std::string_view tag, std::uint64_t offset) {
  std::uint64_t failed_at = UINT64_MAX;
  const auto description = describe_eif(MemoryInput(image), &failed_at);
  REQUIRE_FALSE(description.has_value());
  CHECK(description.error().tag.view() == tag);
  CHECK(failed_at == offset);
}

void put(Bytes& image, std::size_t offset, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    image[offset + i] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
  }
}

// Offsets in the good image: kernel section 548 (8 bytes of data), command line 568 (8), metadata 588.
constexpr std::size_t kernel_at = 548;
constexpr std::size_t cmdline_at = 568;
constexpr std::size_t metadata_at = 588;
std::size_t ramdisk_at() { return metadata_at + 12 + test::metadata_text.size(); }

TEST_CASE("the image that the tests change is good, and a changed default memory or CPU count leaves it so") {
  Bytes image = assemble(good_sections());
  const auto description = describe_eif(MemoryInput(image));
  REQUIRE(description.has_value());
  put(image, 8, 1, 8);
  put(image, 16, UINT64_MAX, 8);
  fix_crc(image);
  const auto changed = describe_eif(MemoryInput(image));
  REQUIRE(changed.has_value());
  CHECK(changed->measurements == description->measurements);
}

TEST_CASE("a field of the header that is changed is refused with its own reason and offset") {
  struct Change {
    std::size_t offset;
    std::size_t bytes;
    std::uint64_t value;
    std::string_view tag;
    std::uint64_t failed_at;
  };
  const Change changes[] = {
      {0, 4, 0x2e656967, "eif-magic", 0},
      {4, 2, 0, "eif-version", 4},
      {4, 2, 1, "eif-version", 4},
      {4, 2, 2, "eif-version", 4},
      {4, 2, 3, "eif-version", 4},
      {4, 2, 5, "eif-version", 4},
      {6, 2, 1, "eif-architecture", 6},  // aarch64
      {6, 2, 2, "eif-flags", 6},
      {6, 2, 3, "eif-flags", 6},
      {24, 2, 1, "eif-reserved", 24},
      {26, 2, 0, "eif-section-count", 26},
      {26, 2, 1, "eif-section-count", 26},
      {26, 2, 3, "eif-section-count", 26},
      {26, 2, 33, "eif-section-count", 26},
      {26, 2, 65535, "eif-section-count", 26},
      {26, 2, 4, "eif-trailing", ramdisk_at() + 12 + 17},
      {26, 2, 6, "eif-section-count", ramdisk_at() + 12 + 17 + 12 + 18},
      {28, 8, 0, "eif-section-table", 0},
      {28, 8, 547, "eif-section-table", 0},
      {36, 8, kernel_at, "eif-section-table", 0},  // two sections at one place
      {36, 8, 1U << 30U, "eif-section-table", 0},
      {36, 8, UINT64_MAX, "eif-section-table", 0},
      {28 + 8 * 5, 8, 1, "eif-section-table", 0},  // of a section that is not there
      {284, 8, 7, "eif-section-table", 0},
      {284, 8, 20, "eif-section-table", 0},  // with its header, as a wrong builder writes it
      {284 + 8 * 31, 8, 1, "eif-section-table", 0},
      {540, 4, 1, "eif-reserved", 540},
  };
  for (const Change& change : changes) {
    CAPTURE(change.offset);
    CAPTURE(change.value);
    Bytes image = assemble(good_sections());
    put(image, change.offset, change.value, change.bytes);
    fix_crc(image);
    check_refused(image, change.tag, change.failed_at);
  }
}

TEST_CASE("a section header that is changed is refused with its own reason and offset") {
  struct Change {
    std::size_t offset;
    std::size_t bytes;
    std::uint64_t value;
    std::string_view tag;
    std::uint64_t failed_at;
  };
  const Change changes[] = {
      {kernel_at, 2, 0, "eif-section-type", kernel_at},
      {kernel_at, 2, 6, "eif-section-type", kernel_at},
      {kernel_at, 2, 65535, "eif-section-type", kernel_at},
      {cmdline_at + 2, 2, 1, "eif-section-flags", cmdline_at},
      {cmdline_at + 4, 8, std::uint64_t{1} << 63U, "eif-section-size", cmdline_at},
      {cmdline_at + 4, 8, UINT64_MAX, "eif-section-size", cmdline_at},
      {cmdline_at, 2, 1, "eif-section-twice", cmdline_at},      // two kernels
      {kernel_at, 2, 2, "eif-section-order", kernel_at},        // command line first
      {kernel_at, 2, 3, "eif-section-order", kernel_at},        // ramdisk first
      {cmdline_at, 2, 3, "eif-section-order", cmdline_at},      // no command line
      {metadata_at, 2, 2, "eif-section-twice", metadata_at},    // two command lines
      {ramdisk_at(), 2, 5, "eif-section-twice", ramdisk_at()},  // two metadata
  };
  for (const Change& change : changes) {
    CAPTURE(change.offset);
    CAPTURE(change.value);
    Bytes image = assemble(good_sections());
    put(image, change.offset, change.value, change.bytes);
    fix_crc(image);
    check_refused(image, change.tag, change.failed_at);
  }
}

TEST_CASE("a section that is missing, twice or too large is refused") {
  const auto refused = [](std::string_view tag,
                          const std::function<void(std::vector<test::RawSection>&)>& change) {
    auto sections = good_sections();
    change(sections);
    const auto description = describe_eif(MemoryInput(assemble(sections)));
    REQUIRE_FALSE(description.has_value());
    CHECK(description.error().tag.view() == tag);
  };
  refused("eif-section-order", [](auto& sections) { sections.erase(sections.begin()); });  // no kernel
  refused("eif-section-missing", [](auto& sections) { sections[2] = {3, {}}; });           // no metadata
  refused("eif-section-missing", [](auto& sections) {                                      // no ramdisk
    sections.resize(3);
    sections.push_back({4, {}});
  });
  refused("eif-section-twice", [](auto& sections) {
    sections.push_back({4, {}});
    sections.push_back({4, {}});
  });
  refused("eif-cmdline", [](auto& sections) { sections[1].data = Bytes(2048, 'a'); });
  refused("eif-cmdline", [](auto& sections) { sections[1].data.push_back(0); });
  refused("eif-metadata", [](auto& sections) { sections[2].data.resize(metadata_bytes_max + 1, ' '); });
  refused("eif-metadata", [](auto& sections) { sections[2].data = text_bytes("{}"); });
  refused("eif-signature", [](auto& sections) { sections.push_back({4, Bytes(32769)}); });
  refused("eif-signature", [](auto& sections) { sections.push_back({4, text_bytes("no CBOR")}); });
}

TEST_CASE("a table in another order than the sections, or with a gap that it knows of, is refused") {
  Bytes swapped = assemble(good_sections());
  std::swap_ranges(swapped.begin() + 28, swapped.begin() + 36, swapped.begin() + 36);
  std::swap_ranges(swapped.begin() + 284, swapped.begin() + 292, swapped.begin() + 292);
  fix_crc(swapped);
  check_refused(swapped, "eif-section-table", 0);

  // QEMU, which goes by the table, would read this one; AWS's tools would read zeros as a section.
  constexpr std::size_t gap = 16;
  Bytes gapped = assemble(good_sections());
  gapped.insert(gapped.begin() + static_cast<long>(cmdline_at), gap, std::uint8_t{0});
  for (std::size_t section = 1; section < good_sections().size(); ++section) {
    const std::uint8_t low = gapped[28 + 8 * section + 7];
    const std::uint8_t high = gapped[28 + 8 * section + 6];
    put(gapped, 28 + 8 * section, static_cast<std::uint64_t>(high) * 256 + low + gap, 8);
  }
  fix_crc(gapped);
  check_refused(gapped, "eif-section-type", cmdline_at);
}

TEST_CASE("bytes that follow the last section are refused, however few") {
  for (std::size_t extra = 1; extra <= 12; ++extra) {
    Bytes image = assemble(good_sections());
    const std::size_t end = image.size();
    image.resize(end + extra, 0);
    fix_crc(image);
    check_refused(image, "eif-trailing", end);
  }
}

TEST_CASE("a file cut anywhere is malformed") {
  const Bytes image = assemble(good_sections());
  for (std::size_t size = 0; size < image.size(); ++size) {
    CAPTURE(size);
    const auto description = describe_eif(MemoryInput(ByteView(image).first(size)));
    REQUIRE_FALSE(description.has_value());
    CHECK(description.error().code == ErrorCode::malformed);
  }
}

TEST_CASE("a bit flipped anywhere is noticed") {
  const Bytes good = assemble(good_sections());
  for (std::size_t offset = 0; offset < good.size(); ++offset) {
    CAPTURE(offset);
    Bytes image = good;
    image[offset] ^= 1U;
    CHECK_FALSE(describe_eif(MemoryInput(image)).has_value());
  }
  Bytes image = good;
  image[544] ^= 0x80U;
  check_refused(image, "eif-crc", 544);
}

TEST_CASE("metadata and signature may stand anywhere, and change no measurement but PCR8's") {
  auto sections = good_sections();
  const auto first = describe_eif(MemoryInput(assemble(sections)));
  std::rotate(sections.begin() + 2, sections.begin() + 3, sections.end());
  const auto last = describe_eif(MemoryInput(assemble(sections)));
  REQUIRE(first.has_value());
  REQUIRE(last.has_value());
  CHECK(last->measurements == first->measurements);
}

TEST_CASE("bytes moved from one ramdisk to the next keep PCR0 but not PCR1 and PCR2") {
  auto sections = good_sections();
  const auto before = describe_eif(MemoryInput(assemble(sections)));
  sections[4].data.insert(sections[4].data.begin(), sections[3].data.back());
  sections[3].data.pop_back();
  const auto after = describe_eif(MemoryInput(assemble(sections)));
  REQUIRE(before.has_value());
  REQUIRE(after.has_value());
  CHECK(after->measurements.pcr0 == before->measurements.pcr0);
  CHECK(after->measurements.pcr1 != before->measurements.pcr1);
  CHECK(after->measurements.pcr2 != before->measurements.pcr2);
}

}  // namespace
}  // namespace ben::eif
