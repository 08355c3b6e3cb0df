#include "cli/output.hpp"

#include <doctest/doctest.h>

#include "json/reader.hpp"

namespace ben {
namespace {

cli::Output some_facts(bool as_json) {
  cli::Output output(as_json);
  output.fact("state", "ARMED").fact("policy_epoch", std::int64_t{3}).yes_or_no("debug", false);
  output.fact_or_none("wallet_id", std::nullopt).json_fact("list", "[1]").line("a line for people");
  return output;
}

TEST_CASE("people read aligned lines, programs one JSON object") {
  CHECK(some_facts(false).text() ==
        "state         ARMED\npolicy epoch  3\ndebug         no\nwallet id     none\na line for people\n");
  CHECK(some_facts(true).text() ==
        "{\"state\":\"ARMED\",\"policy_epoch\":3,\"debug\":false,\"wallet_id\":null,\"list\":[1]}\n");
}

TEST_CASE("a file's content stands alone for people") {
  cli::Output output(false);
  output.fact("txid", "00").content("cHNidA==\n");
  CHECK(output.text() == "cHNidA==\n");
}

TEST_CASE("an answer in others' format stands alone in both forms") {
  for (const bool as_json : {false, true}) CHECK(some_facts(as_json).whole("[1]\n").text() == "[1]\n");
}

TEST_CASE("what a node sends cannot steer a terminal") {
  CHECK(cli::printable("a\x1b[2Jb\n\xc3\xa9") == "a?[2Jb???");
}

TEST_CASE("indented JSON is the same JSON") {
  const std::string json = R"({"a":[1,{"b":"x,{}\"\\:"}],"c":{},"d":[],"e":null})";
  const std::string indented = cli::indent_json(json);
  CHECK(indented ==
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x,{}\\\"\\\\:\"\n    }\n  ],\n  \"c\": {},\n"
        "  \"d\": [],\n  \"e\": null\n}\n");
  CHECK(json::parse(as_bytes(indented)).has_value());
}

}  // namespace
}  // namespace ben
