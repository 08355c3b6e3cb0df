// Descriptors that stand for several (BIP 389): every vector of it.
#include <doctest/doctest.h>

#include "host/watch/descriptor_fixture.hpp"
#include "vectors.hpp"

namespace ben::watch {
namespace {

using namespace bitcoin;  // the layer under test speaks of its types
using Fixture = test::DescriptorFixture;

TEST_CASE_FIXTURE(Fixture, "a multipath descriptor gives the scripts of those that BIP 389 expands it into") {
  const auto text = ben::test::read_vectors("bips/bip-0389-test-vectors.txt");
  if (!text) return;
  int descriptors = 0;
  int with_private_keys = 0;
  int expansions = 0;
  std::optional<Descriptor> descriptor;
  std::size_t branch = 0;
  for (const std::string& line : test::lines_between(*text, "Valid multipath", "Invalid ")) {
    const auto code = test::code_of(line);
    if (code.empty()) continue;
    CAPTURE(line);
    const auto parsed = parse_output_descriptor(curve, Network::main, code.back());
    if (line.starts_with("* ")) {
      CHECK((!descriptor || branch == descriptor->branch_count));
      ++descriptors;
      branch = 0;
      descriptor = parsed ? std::optional(*parsed) : std::nullopt;
      if (parsed) continue;
      ++with_private_keys;
      CHECK(parsed.error().tag.view() == "key-expression-private");
    }
    if (!line.starts_with("** ") || !descriptor) continue;
    ++expansions;
    REQUIRE(parsed.has_value());
    for (const std::uint32_t index : {0U, 7U}) {
      const auto script = derive_output_script(curve, *descriptor, {.branch = branch, .index = index});
      REQUIRE(script.has_value());
      CHECK(*script == *derive_output_script(curve, *parsed, {.index = index}));
    }
    ++branch;
    CHECK(derive_output_script(curve, *descriptor, {.branch = descriptor->branch_count}).error().tag.view() ==
          "key-branch");
  }
  CHECK(descriptors == 6);
  CHECK(with_private_keys == 1);
  CHECK(expansions == 12);

  int invalid = 0;
  for (const std::string& line : test::lines_between(*text, "\nInvalid ", "")) {
    const auto code = test::code_of(line);
    if (code.empty()) continue;
    CAPTURE(line);
    ++invalid;
    check_invalid(code.back());
  }
  CHECK(invalid == 8);
}

TEST_CASE_FIXTURE(Fixture, "branches are two steps or more, each once, in one place") {
  const std::string xpub =
      "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8U"
      "B7W"
      "EGuduB";
  const auto is_read = [&](const std::string& path) {
    return parse_output_descriptor(curve, Network::main, "wpkh(" + xpub + path + ")").has_value();
  };
  for (const char* path : {"/<0;1>", "/<1;0>/*", "/5/<0;1;2>/*", "/<0;0h>/*", "/<0;2147483647>"}) {
    CAPTURE(path);
    CHECK(is_read(path));
  }
  for (const char* path : {"/<0>", "/<0;0>", "/<0;1;>", "/<;0;1>", "/<0;;1>", "/<0;1", "/<0;*>", "/<0;1>h",
                           "<0;1>", "/<0;2147483648>", "/<0;1>/<0;1>", "/*/<0;1>", "/<0 ;1>"}) {
    CAPTURE(path);
    CHECK_FALSE(is_read(path));
  }
}

}  // namespace
}  // namespace ben::watch
