#include "broker/options.hpp"

#include <cstdlib>
#include <fstream>
#include <vector>

#include <doctest/doctest.h>

namespace ben::broker {
namespace {

const std::string pcr0(96, 'a');

std::variant<Options, int> parse(std::vector<const char*> more) {
  std::vector<const char*> arguments{"enclave-broker", "--eif",   "a.eif", "--config",
                                     "c.json",         "--store", "s.db"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

Options good(std::vector<const char*> more) {
  const auto parsed = parse(std::move(more));
  REQUIRE(std::holds_alternative<Options>(parsed));
  return std::get<Options>(parsed);
}

TEST_CASE("the defaults serve on this machine only, on a real enclave") {
  const Options options = good({});
  CHECK(options.listen_address == "127.0.0.1");
  CHECK(options.listen_port == 8080);
  CHECK(options.nitro_cli == "nitro-cli");
  CHECK(options.enclave_address == "vsock:{cid}:5000");
  CHECK(options.expected_measurement.empty());
  CHECK(options.root.empty());
  CHECK_FALSE(options.force);
  CHECK_FALSE(options.node_name.empty());
}

TEST_CASE("of a flag that is given twice the last one counts") {
  CHECK(good({"--memory-mib", "300", "--memory-mib", "400"}).memory_mib == 400);
  CHECK(good({"--listen", "127.0.0.1:1", "--listen", "127.0.0.1:2"}).listen_port == 2);
}

TEST_CASE("an address and a port to listen on are taken apart") {
  CHECK(good({"--listen", "127.0.0.1:0"}).listen_port == 0);
  const Options six = good({"--listen", "[::1]:81"});
  CHECK(six.listen_address == "::1");
  CHECK(six.listen_port == 81);
}

TEST_CASE("another address than this machine's own needs TLS") {
  for (const char* address : {"0.0.0.0:8080", "10.0.0.1:8080", "[::]:8080", "localhost:8080"}) {
    CAPTURE(address);
    CHECK(std::get<int>(parse({"--listen", address})) == 2);
    CHECK(good({"--listen", address, "--tls-cert", "c.pem", "--tls-key", "k.pem"}).listen_port == 8080);
  }
}

TEST_CASE("a flag that is wrong is a usage error") {
  const std::vector<std::vector<const char*>> wrong = {
      {"--listen", "127.0.0.1"},  {"--listen", "127.0.0.1:65536"},
      {"--listen", "127.0.0.1:"}, {"--listen", "127.0.0.1:80x"},
      {"--log-level", "loud"},    {"--expected-measurement", "aa"},
      {"--tls-cert", "c.pem"},    {"--tls-key", "k.pem"},
      {"--cpu-count", "two"},     {"--memory-mib", "-1"},
      {"--metrics-seconds", "0"}, {"--no-such-flag"},
      {"--debug-mode"},
  };
  for (const auto& flags : wrong) {
    CAPTURE(flags.front());
    CHECK(std::get<int>(parse(flags)) == 2);
  }
  const char* alone[] = {"enclave-broker"};
  CHECK(std::get<int>(parse_options(1, alone)) == 2);
}

TEST_CASE("a measurement is 96 lower-case digits and not that of debug mode") {
  CHECK(good({"--expected-measurement", pcr0.c_str()}).expected_measurement == pcr0);
  CHECK(good({"--expected-measurement", ""}).expected_measurement.empty());
  const std::string upper(96, 'A');
  const std::string zeros(96, '0');
  CHECK(std::get<int>(parse({"--expected-measurement", upper.c_str()})) == 2);
  CHECK(std::get<int>(parse({"--expected-measurement", zeros.c_str()})) == 2);
}

TEST_CASE("options come from the environment and from a file as well, and flags win") {
  ::setenv("BEN_BROKER_MEMORY_MIB", "512", 1);
  ::setenv("BEN_BROKER_LISTEN", "127.0.0.1:9", 1);
  CHECK(good({}).memory_mib == 512);
  CHECK(good({}).listen_port == 9);
  CHECK(good({"--memory-mib", "300"}).memory_mib == 300);
  ::unsetenv("BEN_BROKER_MEMORY_MIB");
  ::unsetenv("BEN_BROKER_LISTEN");

  char name[] = "/tmp/options.XXXXXX";
  const int file = ::mkstemp(name);
  REQUIRE(file >= 0);
  std::ofstream(name) << "enclave-cid=33\nnode-name=\"node 1\"\nlisten=127.0.0.1:7\n";
  const Options options = good({"--options-file", name});
  std::remove(name);
  CHECK(options.enclave_cid == 33);
  CHECK(options.node_name == "node 1");
  CHECK(options.listen_port == 7);
}

}  // namespace
}  // namespace ben::broker
