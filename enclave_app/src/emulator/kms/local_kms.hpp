// The local KMS as a server: HTTP on 127.0.0.1. For development and tests, never for keys that matter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ben::emulator {

struct LocalKmsOptions {
  std::uint16_t port = 0;    // 0: a free one
  std::string port_file;     // written with the port once the server listens; empty: none
  std::string state_folder;  // keys, mode 0700
  std::string root_file;     // DER certificate of the root whose documents are believed; empty: none
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::vector<std::string> credentials;  // ID:SECRET or ID:SECRET:PRINCIPAL_ARN; empty: test:test
  std::string fault = "none";            // as parse_fault
};

// Serves until SIGTERM or SIGINT. Prints one JSON line when it listens, {"url": "http://127.0.0.1:PORT",
// "port": PORT, "region": ..., "account": ...}, and errors to stderr. Returns the exit status.
//
// POST /_fault with a fault as its body changes, without a signature, what the server does wrong from then
// on. A request may have 1 MiB and has 30 s.
int run_local_kms(const LocalKmsOptions& options);

}  // namespace ben::emulator
