#include "eif/difference.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "eif/gzip.hpp"
#include "eif/header.hpp"
#include "eif/output_file.hpp"

namespace ben::eif {
namespace {

// Offset of the first byte in which two inputs differ; nothing when they are equal.
Result<std::optional<std::uint64_t>> find_difference(const Input& a, const Input& b) {
  const std::uint64_t common = std::min(a.size(), b.size());
  Bytes of_a;
  Bytes of_b;
  for (std::uint64_t offset = 0; offset < common; offset += of_a.size()) {
    of_a.resize(std::min<std::uint64_t>(common - offset, copy_bytes));
    of_b.resize(of_a.size());
    if (const auto read = a.read_at(offset, of_a); !read) return read.error();
    if (const auto read = b.read_at(offset, of_b); !read) return read.error();
    const auto [in_a, in_b] = std::ranges::mismatch(of_a, of_b);
    if (in_a != of_a.end()) return std::optional(offset + static_cast<std::uint64_t>(in_a - of_a.begin()));
  }
  if (a.size() != b.size()) return std::optional(common);
  return std::optional<std::uint64_t>();
}

struct Listing {
  std::unique_ptr<Input> archive;
  std::vector<Entry> entries;
};

// Nothing when the ramdisk is not of our form: then its bytes are all there is to compare.
std::optional<Listing> list(const Input& ramdisk) {
  auto archive = open_archive(ramdisk);
  if (!archive) return std::nullopt;
  auto entries = list_cpio(**archive);
  if (!entries) return std::nullopt;
  return Listing{*std::move(archive), *std::move(entries)};
}

// What of an entry differs, in words; empty when nothing does.
Result<std::string> compare_entries(const Listing& of_a, const Entry& a, const Listing& of_b,
                                    const Entry& b) {
  std::string what;
  const auto add = [&what](std::string_view word) { what.append(what.empty() ? "" : ", ").append(word); };
  if (a.kind != b.kind) add("kind");
  if (a.permissions != b.permissions) add("mode");
  if (a.device_major != b.device_major || a.device_minor != b.device_minor) add("device");
  const auto differs = find_difference(WindowInput(*of_a.archive, a.content_offset, a.content_bytes),
                                       WindowInput(*of_b.archive, b.content_offset, b.content_bytes));
  if (!differs) return differs.error();
  if (*differs) add("content");
  return what;
}

// Both lists are sorted by path.
Result<std::vector<std::string>> compare_listings(const Listing& a, const Listing& b) {
  std::vector<std::string> files;
  auto in_a = a.entries.begin();
  auto in_b = b.entries.begin();
  while (in_a != a.entries.end() || in_b != b.entries.end()) {
    if (in_b == b.entries.end() || (in_a != a.entries.end() && in_a->path < in_b->path)) {
      files.push_back(in_a++->path + ": only in the first image");
    } else if (in_a == a.entries.end() || in_b->path < in_a->path) {
      files.push_back(in_b++->path + ": only in the second image");
    } else {
      const auto what = compare_entries(a, *in_a, b, *in_b);
      if (!what) return what.error();
      if (!what->empty()) files.push_back(in_a->path + ": " + *what);
      ++in_a;
      ++in_b;
    }
  }
  return files;
}

// The sections that are compared with each other: the nth of a type with the nth.
std::vector<Section> of_type(const Description& description, SectionType type) {
  std::vector<Section> sections;
  std::ranges::copy_if(description.sections, std::back_inserter(sections),
                       [type](const Section& section) { return section.type == type; });
  return sections;
}

std::string name_of(SectionType type, std::size_t index) {
  std::string name(name_of(type));
  if (type == SectionType::ramdisk) name += " " + std::to_string(index);
  return name;
}

std::vector<std::string> moved_by(SectionType type, std::size_t index, const Measurements& a,
                                  const Measurements& b) {
  const bool is_measured = type != SectionType::metadata && type != SectionType::signature;
  const bool is_application = type == SectionType::ramdisk && index > 0;
  std::vector<std::string> moved;
  if (is_measured && a.pcr0 != b.pcr0) moved.emplace_back("PCR0");
  if (is_measured && !is_application && a.pcr1 != b.pcr1) moved.emplace_back("PCR1");
  if (is_application && a.pcr2 != b.pcr2) moved.emplace_back("PCR2");
  if (type == SectionType::signature && a.pcr8 != b.pcr8) moved.emplace_back("PCR8");
  return moved;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

// One image and what is known of it.
struct Side {
  const Input& image;
  const Description& description;
};

// A section that both images have. Nothing when it is equal.
Result<std::optional<Difference>> compare_sections(const Side& a, const Section& in_a, const Side& b,
                                                   const Section& in_b, const std::string& name) {
  const WindowInput data_a(a.image, in_a.offset, in_a.bytes);
  const WindowInput data_b(b.image, in_b.offset, in_b.bytes);
  const auto differs = find_difference(data_a, data_b);
  if (!differs) return differs.error();
  if (!*differs) return std::optional<Difference>();

  Difference difference{.section = name, .what = {}, .files = {}, .moved = {}};
  difference.what = std::to_string(in_a.bytes) + " bytes, then " + std::to_string(in_b.bytes) +
                    ", different from byte " + std::to_string(**differs) + " on";
  if (in_a.type == SectionType::metadata) {
    const auto fields = changed_fields(a.description.metadata, b.description.metadata);
    difference.what = fields.empty() ? "another spelling" : joined(fields);
  }
  if (in_a.type == SectionType::ramdisk) {
    const auto list_a = list(data_a);
    const auto list_b = list(data_b);
    if (!list_a || !list_b) return std::optional(std::move(difference));
    auto files = compare_listings(*list_a, *list_b);
    if (!files) return files.error();
    difference.files = *std::move(files);
  }
  return std::optional(std::move(difference));
}

Result<> compare_type(const Side& a, const Side& b, SectionType type, std::vector<Difference>& found) {
  const auto in_a = of_type(a.description, type);
  const auto in_b = of_type(b.description, type);
  for (std::size_t i = 0; i < std::max(in_a.size(), in_b.size()); ++i) {
    Difference difference{.section = name_of(type, i), .what = {}, .files = {}, .moved = {}};
    if (i >= in_b.size()) difference.what = "only in the first image";
    if (i >= in_a.size()) difference.what = "only in the second image";
    if (i < in_a.size() && i < in_b.size()) {
      auto compared = compare_sections(a, in_a[i], b, in_b[i], difference.section);
      if (!compared) return compared.error();
      if (!*compared) continue;
      difference = **std::move(compared);
    }
    difference.moved = moved_by(type, i, a.description.measurements, b.description.measurements);
    found.push_back(std::move(difference));
  }
  return Ok{};
}

// Default memory and CPUs: all of a header that two images of the same sections can differ in.
Result<> compare_headers(const Side& a, const Side& b, std::vector<Difference>& found) {
  ByteArray<header_hints_bytes> of_a{};
  ByteArray<header_hints_bytes> of_b{};
  if (const auto read = a.image.read_at(header_hints_offset, of_a); !read) return read;
  if (const auto read = b.image.read_at(header_hints_offset, of_b); !read) return read;
  if (of_a != of_b) {
    found.push_back({.section = "header", .what = "default memory or CPUs", .files = {}, .moved = {}});
  }
  if (a.description.architecture != b.description.architecture) {
    found.push_back({.section = "header", .what = "architecture", .files = {}, .moved = {}});
  }
  return Ok{};
}

}  // namespace

Result<std::vector<Difference>> diff_eif(const Input& a, const Description& of_a, const Input& b,
                                         const Description& of_b) {
  const Side first{a, of_a};
  const Side second{b, of_b};
  std::vector<Difference> found;
  if (const auto compared = compare_headers(first, second, found); !compared) return compared.error();
  for (const SectionType type : {SectionType::kernel, SectionType::cmdline, SectionType::metadata,
                                 SectionType::ramdisk, SectionType::signature}) {
    if (const auto compared = compare_type(first, second, type, found); !compared) return compared.error();
  }
  return found;
}

}  // namespace ben::eif
