// What the broker is started with: flags, environment variables BEN_BROKER_<FLAG>, or a file of them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "broker/log.hpp"

namespace ben::broker {

struct Options {
  std::string eif;
  std::string config;  // the signer's config
  std::string store;
  std::string policy;                // offered where it is newer than the stored one; empty: none
  std::string expected_measurement;  // PCR0, 96 hex digits; empty: not known yet
  std::string root;                  // test root; empty: AWS's
  std::string nitro_cli = "nitro-cli";
  std::string enclave_address = "vsock:{cid}:5000";
  std::string enclave_name = "bitcoin-enclave-node";
  std::uint32_t enclave_cid = 16;
  std::uint32_t cpu_count = 2;
  std::uint32_t memory_mib = 256;
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 8080;
  std::string tls_certificate;
  std::string tls_key;
  std::string port_file;  // receives the port as text; empty: no file
  std::string kms_endpoint;
  std::string region;  // empty: that of the key
  std::string metrics_namespace = "BitcoinEnclaveNode";
  std::string node_name;  // dimension Node of the metrics; default: the host's name
  std::uint32_t metrics_seconds = 60;
  std::uint32_t drain_seconds = 10;
  LogLevel log_level = LogLevel::info;
  bool force = false;  // at the end, terminate the enclave even if its seed is nowhere else
};

// The options, or the exit code of a program that has printed what it had to (help, version, usage errors:
// 2).
std::variant<Options, int> parse_options(int argc, const char* const* argv);

}  // namespace ben::broker
