// multi and sortedmulti: every vector of BIP 383 and BIP 67.
#include <doctest/doctest.h>

#include "bitcoin/address.hpp"
#include "host/watch/descriptor_fixture.hpp"
#include "vectors.hpp"

namespace ben::watch {
namespace {

using namespace bitcoin;  // the layer under test speaks of its types
using Fixture = test::DescriptorFixture;

TEST_CASE_FIXTURE(Fixture,
                  "multi and sortedmulti give the scripts of BIP 383, and what it calls invalid is refused") {
  const auto text = ben::test::read_vectors("bips/bip-0383-test-vectors.txt");
  if (!text) return;
  CHECK(check_file(*text) == Counts{.descriptors = 9, .scripts = 13, .with_private_keys = 5, .invalid = 4});
}

TEST_CASE_FIXTURE(Fixture, "sortedmulti sorts its keys as BIP 67 does, and gives its scripts and addresses") {
  const auto text = ben::test::read_vectors("bips/bip-0067-test-vectors.txt");
  if (!text) return;
  std::string label;
  std::vector<std::string> keys;
  std::string script;
  int vectors = 0;
  for (const std::string& line : bitcoin::test::lines_between(*text, "Vector 1", "")) {
    if (line.starts_with("* ")) label = line.substr(2, 4);
    if (!line.starts_with("** ")) continue;
    const std::string value = line.substr(3);
    if (label == "List") keys.push_back(value);
    if (label == "Scri") script = value;
    if (label != "Addr") continue;
    ++vectors;
    std::string list = "2";
    for (const std::string& key : keys) list += "," + key;
    const auto expected = make_p2sh(hash160(*parse_hex(script)));
    CHECK(*parse_address(Network::main, value) == expected);
    const auto sorted = parse_output_descriptor(curve, Network::main, "sh(sortedmulti(" + list + "))");
    REQUIRE(sorted.has_value());
    CHECK(*derive_output_script(curve, *sorted, {}) == expected);
    const auto as_given = parse_output_descriptor(curve, Network::main, "sh(multi(" + list + "))");
    REQUIRE(as_given.has_value());
    CHECK((*derive_output_script(curve, *as_given, {}) == expected) == std::ranges::is_sorted(keys));
    keys.clear();
  }
  CHECK(vectors == 4);
}

TEST_CASE_FIXTURE(Fixture, "a multisig has as many keys as its place allows, and a threshold among them") {
  const std::string key = "03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd";
  const auto is_read = [&](const std::string& open, const std::string& threshold, int keys,
                           const char* close) {
    std::string text = open + "sortedmulti(" + threshold;
    for (int i = 0; i < keys; ++i) text += "," + key;
    return parse_output_descriptor(curve, Network::main, text + close).has_value();
  };
  CHECK(is_read("", "1", 3, ")"));
  CHECK_FALSE(is_read("", "1", 4, ")"));
  CHECK(is_read("sh(", "2", 15, "))"));
  CHECK_FALSE(is_read("sh(", "2", 16, "))"));
  CHECK(is_read("wsh(", "20", 20, "))"));
  CHECK(is_read("sh(wsh(", "17", 20, ")))"));
  CHECK_FALSE(is_read("wsh(", "2", 21, "))"));
  for (const char* threshold : {"", "0", "01", "4", "-1", "1h", "99999999999999999999999"}) {
    CAPTURE(threshold);
    CHECK_FALSE(is_read("wsh(", threshold, 3, "))"));
  }
  CHECK_FALSE(is_read("wsh(", "1", 0, "))"));
  CHECK_FALSE(parse_output_descriptor(curve, Network::main, "wsh(sortedmulti(1," + key + ",))").has_value());
  CHECK_FALSE(parse_output_descriptor(curve, Network::main, "wsh(sortedmulti(1,,))").has_value());
}

}  // namespace
}  // namespace ben::watch
