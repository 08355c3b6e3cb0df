#include "broker/enclave_address.hpp"

#include <doctest/doctest.h>

namespace ben::broker {
namespace {

TEST_CASE("a vsock address takes the CID of the enclave") {
  const auto address = parse_enclave_address("vsock:{cid}:5000", 16);
  REQUIRE(address.has_value());
  const auto* vsock = std::get_if<VsockAddress>(&*address);
  REQUIRE(vsock != nullptr);
  CHECK(vsock->cid == 16);
  CHECK(vsock->port == 5000);
}

TEST_CASE("a unix address takes the CID wherever it stands") {
  const auto address = parse_enclave_address("unix:/run/{cid}/cid-{cid}.sock:5000", 21);
  REQUIRE(address.has_value());
  const auto* local = std::get_if<UnixAddress>(&*address);
  REQUIRE(local != nullptr);
  CHECK(local->path == "/run/21/cid-21.sock");
  CHECK(local->port == 5000);
}

TEST_CASE("an address of another form is malformed") {
  for (const char* text :
       {"", "vsock", "vsock:16", "vsock:16:", "vsock::5000", "vsock:x:5000", "vsock:16:5000x",
        "vsock:-1:5000", "vsock:4294967296:5000", "unix::5000", "unix:/run/a", "tcp:127.0.0.1:5000"}) {
    CAPTURE(text);
    const auto address = parse_enclave_address(text, 16);
    REQUIRE_FALSE(address.has_value());
    CHECK(address.error().tag.view() == "broker-address");
  }
}

TEST_CASE("a path that no socket can have is malformed") {
  const std::string longest(unix_path_bytes_max, 'a');
  CHECK(parse_enclave_address("unix:" + longest + ":1", 16).has_value());
  CHECK_FALSE(parse_enclave_address("unix:" + longest + "a:1", 16).has_value());
}

}  // namespace
}  // namespace ben::broker
