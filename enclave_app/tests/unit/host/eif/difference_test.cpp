#include "eif/difference.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "folder.hpp"
#include "host/eif/image_bytes.hpp"
#include "host/eif/signer.hpp"

namespace ben::eif {
namespace {

using test::text_bytes;

ManifestEntry file(std::string path, std::string_view content, std::uint32_t permissions = 0644) {
  return {.path = std::move(path), .permissions = permissions, .source = text_bytes(content)};
}

struct Recipe {
  Bytes kernel = text_bytes("a kernel");
  std::string cmdline = "reboot=k";
  std::vector<std::vector<ManifestEntry>> ramdisks{{file("init", "program", 0755), file("same", "x")},
                                                   {file("data", "y")}};
  Packing packing = Packing::plain;
  Metadata metadata;
  std::optional<SigningIdentity> signer;
};

Bytes image_of(const Recipe& recipe) {
  const test::Folder folder;
  BuildOptions options{.kernel = recipe.kernel,
                       .cmdline = recipe.cmdline,
                       .ramdisks = {},
                       .metadata = recipe.metadata,
                       .signer = recipe.signer,
                       .output = folder / "image.eif"};
  for (const auto& entries : recipe.ramdisks) {
    const auto path = folder / ("ramdisk" + std::to_string(options.ramdisks.size()));
    REQUIRE(write_cpio({.entries = entries, .packing = recipe.packing}, path).has_value());
    options.ramdisks.emplace_back(path);
  }
  REQUIRE(build_eif(options).has_value());
  return test::read_file(folder / "image.eif");
}

// One line for each difference: section: what [files] > moved
std::string diff(const Bytes& a, const Bytes& b) {
  const auto of_a = describe_eif(MemoryInput(a));
  const auto of_b = describe_eif(MemoryInput(b));
  REQUIRE((of_a.has_value() && of_b.has_value()));
  const auto found = diff_eif(MemoryInput(a), *of_a, MemoryInput(b), *of_b);
  REQUIRE(found.has_value());
  std::string text;
  for (const Difference& difference : *found) {
    text += difference.section + ": " + difference.what;
    for (const std::string& line : difference.files) text += " [" + line + "]";
    for (const std::string& pcr : difference.moved) text += " > " + pcr;
    text += "\n";
  }
  return text;
}

std::string diff_after(const std::function<void(Recipe&)>& change) {
  Recipe recipe;
  const Bytes before = image_of(recipe);
  change(recipe);
  return diff(before, image_of(recipe));
}

TEST_CASE("equal images do not differ") {
  CHECK(diff_after([](Recipe&) {}).empty());
}

TEST_CASE("a difference names its section and the measurements that it moved") {
  CHECK(diff_after([](Recipe& recipe) { recipe.kernel.back() = 'L'; }) ==
        "kernel: 8 bytes, then 8, different from byte 7 on > PCR0 > PCR1\n");
  CHECK(diff_after([](Recipe& recipe) { recipe.cmdline += " quiet"; }) ==
        "cmdline: 8 bytes, then 14, different from byte 8 on > PCR0 > PCR1\n");
  CHECK(diff_after([](Recipe& recipe) {
          recipe.metadata.build_time = "2026";
          recipe.metadata.custom_metadata = "{}";
        }) == "metadata: BuildTime, CustomMetadata\n");
}

TEST_CASE("a ramdisk's difference names the files") {
  const auto changes = [](Recipe& recipe) {
    recipe.ramdisks[0] = {file("init", "Program", 0755), file("new", ""), file("same", "x", 0600)};
    recipe.ramdisks[1].clear();
  };
  const std::string plain = diff_after(changes);
  CHECK(plain.find("[init: content] [new: only in the second image] [same: mode] > PCR0 > PCR1") !=
        std::string::npos);
  CHECK(plain.find("[data: only in the first image] > PCR0 > PCR2") != std::string::npos);

  Recipe packed;
  packed.packing = Packing::gzip;
  const Bytes before = image_of(packed);
  changes(packed);
  CHECK(diff(before, image_of(packed)).find("[init: content] [new: only in the second image] [same: mode]") !=
        std::string::npos);
}

TEST_CASE("a ramdisk that only one image has, or that is no archive of ours, is compared as bytes") {
  CHECK(diff_after([](Recipe& recipe) { recipe.ramdisks.pop_back(); }) ==
        "ramdisk 1: only in the first image > PCR0 > PCR2\n");
  const auto sections = test::good_sections();
  auto changed = sections;
  changed[3].data.back() = 'K';
  CHECK(diff(test::assemble(sections), test::assemble(changed)) ==
        "ramdisk 0: 17 bytes, then 17, different from byte 16 on > PCR0 > PCR1\n");
}

TEST_CASE("what no measurement covers is named all the same") {
  Bytes image = image_of({});
  const Bytes before = image;
  image[8] = 1;
  test::fix_crc(image);
  CHECK(diff(before, image) == "header: default memory or CPUs\n");

  Recipe recipe;
  recipe.signer = test::Signer().identity();
  const Bytes with_signature = image_of(recipe);
  CHECK(diff(before, with_signature) == "signature: only in the second image > PCR8\n");
}

TEST_CASE("bytes moved from one ramdisk to the next are said to move PCR1 and PCR2, not PCR0") {
  const auto sections = test::good_sections();
  auto moved = sections;
  moved[4].data.insert(moved[4].data.begin(), moved[3].data.back());
  moved[3].data.pop_back();
  CHECK(diff(test::assemble(sections), test::assemble(moved)) ==
        "ramdisk 0: 17 bytes, then 16, different from byte 16 on > PCR1\n"
        "ramdisk 1: 18 bytes, then 19, different from byte 0 on > PCR2\n");
}

}  // namespace
}  // namespace ben::eif
