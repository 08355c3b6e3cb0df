#include "eif/metadata.hpp"

#include <doctest/doctest.h>

#include "host/eif/image_bytes.hpp"

namespace ben::eif {
namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("metadata that were read are written as they were") {
  const auto metadata = parse_metadata(as_bytes(test::metadata_text));
  REQUIRE(metadata.has_value());
  CHECK(metadata->image_name == "sample");
  CHECK(metadata->build_tool_version == "0.2.1");
  const auto written = encode_metadata(*metadata);
  REQUIRE(written.has_value());
  CHECK(as_text(*written) == test::metadata_text);
}

TEST_CASE("metadata with a field missing, unknown, twice or of a wrong type are malformed") {
  const std::string& good = test::metadata_text;
  const std::string texts[] = {
      "",
      "null",
      "[]",
      "{}",
      good + "x",
      good.substr(0, good.size() - 1),
      replaced(good, R"("ImageName":"sample",)", ""),
      replaced(good, R"("ImageName")", R"("ImageVersion")"),
      replaced(good, R"("ImageName":"sample")", R"("ImageName":1)"),
      replaced(good, R"("BuildTool":"eif_build",)", ""),
      replaced(good, R"("BuildTool":)", R"("BuildTime":)"),
      replaced(good, R"("DockerInfo":null,)", ""),
      replaced(good, R"("DockerInfo":null)", R"("DockerInfo":{"a":1,"a":2})"),
      replaced(good, R"("DockerInfo":null)", R"("DockerInfo":null,"More":1)"),
      replaced(good, R"("CustomMetadata":null)", R"("CustomMetadata":[])"),
      replaced(good, "sample", "\xc3\x28"),
      replaced(good, R"("DockerInfo":null)",
               R"("DockerInfo":)" + std::string(16, '[') + std::string(16, ']')),
  };
  for (const std::string& text : texts) {
    CAPTURE(text);
    const auto metadata = parse_metadata(as_bytes(text));
    REQUIRE_FALSE(metadata.has_value());
    CHECK(metadata.error().tag.view() == "eif-metadata");
  }
}

TEST_CASE("free values of others may nest to the limit and hold fractions, but are not written with them") {
  const std::string docker = R"("DockerInfo":)" + std::string(15, '[') + "1.5" + std::string(15, ']');
  const auto metadata =
      parse_metadata(as_bytes(replaced(test::metadata_text, R"("DockerInfo":null)", docker)));
  REQUIRE(metadata.has_value());
  CHECK_FALSE(encode_metadata(*metadata).has_value());
}

TEST_CASE("metadata that have no single spelling are not written") {
  const auto refused = [](const Metadata& metadata) {
    const auto written = encode_metadata(metadata);
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().tag.view() == "eif-metadata");
  };
  refused({.image_name = "\xff", .image_version = {}});
  Metadata metadata;
  for (const char* text : {"1.0", "{\"a\":1,\"a\":1}", "", "nul", "18446744073709551616"}) {
    CAPTURE(text);
    metadata.docker_info = text;
    refused(metadata);
  }
  metadata.docker_info = "null";
  for (const std::string& text :
       {std::string("[]"), std::string("1"), "{\"a\":\"" + std::string(4096, 'a') + "\"}"}) {
    metadata.custom_metadata = text;
    refused(metadata);
  }
}

}  // namespace
}  // namespace ben::eif
