#include <string>

#include <doctest/doctest.h>

#include "json/reader.hpp"
#include "json/writer.hpp"

namespace ben::json {
namespace {

bool parses(const std::string& text) { return parse(as_bytes(text)).has_value(); }

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST_CASE("a value of the strict profile parses to what it says") {
  const auto value = parse(as_bytes(R"({"a":[1,-2,true,null],"b":"\u00e9\n"})"));
  REQUIRE(value.has_value());
  ObjectReader reader(*value);
  const auto items = reader.array("a", 4);
  REQUIRE(items.size() == 4);
  CHECK(*items[0].integer() == 1);
  CHECK(*items[1].integer() == -2);
  CHECK_FALSE(items[2].is_null());
  CHECK(items[3].is_null());
  CHECK(reader.text("b", 3) == "\xc3\xa9\n");
  CHECK(reader.finish("test-form", "bad").has_value());
}

TEST_CASE("what the strict profile leaves out does not parse") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "{}x",
                           "{} {}",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "'a'",
                           "1.0",
                           "1e2",
                           "1e999",
                           "-",
                           "01",
                           "+1",
                           "NaN",
                           "Infinity",
                           "nul",
                           "// c\n1",
                           "/* c */1",
                           "{\"a\":1,\"a\":2}",
                           "{\"a\":{\"b\":1,\"b\":1}}",
                           "\"\\ud800\"",
                           "\"\xff\"",
                           "\"\xc0\x80\"",
                           "\"\n\"",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parses(text));
  }
  CHECK(parses("9223372036854775807"));
  CHECK(parses("-9223372036854775808"));
}

TEST_CASE("depth, members and items end at their limits") {
  CHECK(parses(nested(depth_max)));
  CHECK_FALSE(parses(nested(depth_max + 1)));
  CHECK_FALSE(parses(nested(1'000'000)));

  const auto object_of = [](std::size_t members) {
    ObjectWriter writer;
    for (std::size_t i = 0; i < members; ++i) writer.integer(std::to_string(i), 1);
    return writer.finish();
  };
  CHECK(parses(object_of(members_max)));
  CHECK_FALSE(parses(object_of(members_max + 1)));

  const auto array_of = [](std::size_t items) {
    ArrayWriter writer;
    for (std::size_t i = 0; i < items; ++i) writer.raw("1");
    return writer.finish();
  };
  CHECK(parses(array_of(items_max)));
  CHECK_FALSE(parses(array_of(items_max + 1)));
  CHECK_FALSE(
      parses("[" + array_of(items_max) + std::string(30 * (array_of(items_max).size() + 1), ' ') + "," + [&] {
        ArrayWriter writer;
        for (int i = 0; i < 30; ++i) writer.raw(array_of(items_max));
        return writer.finish();
      }() + "]"));
}

TEST_CASE("an object with a member missing, unknown or of another type is refused and the key is named") {
  struct Case {
    const char* text;
    const char* detail;
  };
  for (const Case& c :
       {Case{R"({"n":1})", "t"}, Case{R"({"t":1,"n":1})", "t"}, Case{R"({"t":"x","n":"1"})", "n"},
        Case{R"({"t":"x","n":101})", "n"}, Case{R"({"t":"long text","n":1})", "t"},
        Case{R"({"t":"x","n":1,"u":1})", "an unknown key"}, Case{"[]", "not an object"}}) {
    CAPTURE(c.text);
    const auto value = parse(as_bytes(c.text));
    REQUIRE(value.has_value());
    ObjectReader reader(*value);
    (void)reader.text("t", 4);
    (void)reader.integer("n", 0, 100);
    const auto finished = reader.finish("test-form", "bad");
    REQUIRE_FALSE(finished.has_value());
    CHECK(finished.error().detail.view() == c.detail);
    CHECK(finished.error().tag.view() == "test-form");
  }
}

TEST_CASE("quoted text parses back to itself, whatever its bytes below 0x80") {
  std::string text;
  for (char c = 0; c < 0x7f; ++c) text.push_back(c);
  const auto value = parse(as_bytes(quote(text)));
  REQUIRE(value.has_value());
  CHECK(*value->text() == text);
  CHECK(ObjectWriter().finish() == "{}");
  CHECK(ArrayWriter().finish() == "[]");
}

}  // namespace
}  // namespace ben::json
