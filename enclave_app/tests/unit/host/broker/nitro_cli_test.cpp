#include "broker/nitro_cli.hpp"

#include <doctest/doctest.h>

#include "broker/process.hpp"

namespace ben::broker {
namespace {

using std::chrono::milliseconds;

TEST_CASE("what describe-enclaves prints becomes enclaves") {
  const auto enclaves = parse_enclaves(R"([
    {"EnclaveName":"node","EnclaveID":"i-1-enc2","ProcessID":7,"EnclaveCID":16,"NumberOfCPUs":2,"CPUIDs":[1,3],"MemoryMiB":256,
     "State":"RUNNING","Flags":"NONE","Measurements":{"PCR0":"00"}},
    {"EnclaveID":"i-1-enc3","EnclaveCID":17,"State":"TERMINATING","Flags":"DEBUG_MODE"}])");
  REQUIRE(enclaves.has_value());
  REQUIRE(enclaves->size() == 2);
  CHECK(enclaves->at(0).id == "i-1-enc2");
  CHECK(enclaves->at(0).name == "node");
  CHECK(enclaves->at(0).cid == 16);
  CHECK(enclaves->at(0).running);
  CHECK_FALSE(enclaves->at(0).debug);
  CHECK(enclaves->at(1).name.empty());
  CHECK_FALSE(enclaves->at(1).running);
  CHECK(enclaves->at(1).debug);
  CHECK(parse_enclaves("[]")->empty());
}

TEST_CASE("what run-enclave prints becomes a running enclave") {
  const auto enclave =
      parse_started_enclave(R"({"EnclaveName":"node","EnclaveID":"i-1-enc2","EnclaveCID":16})");
  REQUIRE(enclave.has_value());
  CHECK(enclave->running);
  CHECK(enclave->cid == 16);
}

TEST_CASE("JSON of another form is malformed") {
  for (const char* text :
       {"", "{}", "[1]", "[{}]", R"([{"EnclaveID":"a"}])", R"([{"EnclaveID":1,"EnclaveCID":16}])",
        R"([{"EnclaveID":"a","EnclaveCID":-1}])", R"([{"EnclaveID":"a","EnclaveCID":4294967296}])",
        R"([{"EnclaveID":"","EnclaveCID":16}])"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_enclaves(text).has_value());
    CHECK_FALSE(parse_started_enclave(text).has_value());
  }
}

TEST_CASE("a program's streams and exit code are kept") {
  const auto end = run_program({"sh", "-c", "echo out; echo problem >&2; exit 3"}, milliseconds(10'000));
  REQUIRE(end.has_value());
  CHECK(end->exit_code == 3);
  CHECK(end->output == "out\n");
  CHECK(end->problems == "problem\n");
}

TEST_CASE("output beyond the limit is dropped, and the program still ends") {
  const auto end = run_program({"sh", "-c", "head -c 3000000 /dev/zero"}, milliseconds(10'000));
  REQUIRE(end.has_value());
  CHECK(end->exit_code == 0);
  CHECK(end->output.size() == program_output_bytes_max);
}

TEST_CASE("a child that keeps the streams open does not keep us waiting") {
  const auto began = std::chrono::steady_clock::now();
  const auto end = run_program({"sh", "-c", "sleep 30 & echo started"}, milliseconds(10'000));
  REQUIRE(end.has_value());
  CHECK(end->output == "started\n");
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
}

TEST_CASE("a program that hangs is killed with its children") {
  const auto end = run_program({"sh", "-c", "sleep 30; true"}, milliseconds(200));
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().tag.view() == "broker-program-time");
}

TEST_CASE("a program ended by a signal reports it, one that is missing cannot start") {
  CHECK(run_program({"sh", "-c", "kill -9 $$"}, milliseconds(10'000))->exit_code == 128 + 9);
  const auto missing = run_program({"/no/such/program"}, milliseconds(10'000));
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().tag.view() == "broker-program");
}

TEST_CASE("the last words of a program that failed are the detail") {
  NitroCli failing("/bin/ls");  // knows no describe-enclaves
  const auto enclaves = failing.describe();
  REQUIRE_FALSE(enclaves);
  CHECK(enclaves.failure().error.tag.view() == "broker-nitro-cli");
  CHECK(enclaves.failure().detail.find("describe-enclaves") != std::string::npos);
}

TEST_CASE("a program is found by PATH or by its path") {
  CHECK(find_program("sh").ends_with("/sh"));
  CHECK(find_program("/bin/sh") == "/bin/sh");
  CHECK(find_program("no-such-program-anywhere").empty());
  CHECK(find_program("/no/such/program").empty());
}

}  // namespace
}  // namespace ben::broker
