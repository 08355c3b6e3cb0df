#include "broker/log.hpp"

#include <doctest/doctest.h>

namespace ben::broker {
namespace {

TEST_CASE("a line is one JSON object that begins with time, level and event") {
  CHECK(
      encode_log_line(
          1'795'344'000'007, LogLevel::warn, "enclave-lost",
          {{"enclave_id", std::string_view("i-1-enc2")}, {"attempt", std::int64_t{3}}, {"final", true}}) ==
      R"({"ts":"2026-11-22T10:40:00.007Z","level":"warn","event":"enclave-lost","enclave_id":"i-1-enc2","attempt":3,"final":true})");
}

TEST_CASE("what a program printed cannot break out of its line") {
  const std::string line =
      encode_log_line(0, LogLevel::error, "run-failed", {{"message", std::string_view("a\n\"b\"\x80")}});
  CHECK(line ==
        "{\"ts\":\"1970-01-01T00:00:00.000Z\",\"level\":\"error\",\"event\":\"run-failed\","
        "\"message\":\"a\\n\\\"b\\\"\xef\xbf\xbd\"}");
}

TEST_CASE("a level is known by its name, and another name leaves it alone") {
  LogLevel level = LogLevel::info;
  CHECK(parse_log_level("error", level));
  CHECK(level == LogLevel::error);
  CHECK_FALSE(parse_log_level("ERROR", level));
  CHECK_FALSE(parse_log_level("", level));
  CHECK(level == LogLevel::error);
}

}  // namespace
}  // namespace ben::broker
