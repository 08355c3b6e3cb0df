// local-kms: the local KMS as a program of its own.
#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>

#include "kms/local_kms.hpp"

namespace {

int run(int argc, char** argv) {
  ben::emulator::LocalKmsOptions options;
  CLI::App app{
      "A KMS for development and tests: it honours Recipient and key policies, and protects nothing."};
  app.add_option("--port", options.port, "Port on 127.0.0.1; 0 chooses a free one")->capture_default_str();
  app.add_option("--port-file", options.port_file, "File that gets the port number");
  app.add_option("--state", options.state_folder, "Folder of the keys")->required();
  app.add_option("--root", options.root_file,
                 "DER certificate of the root whose attestation documents are believed");
  app.add_option("--region", options.region, "Region in ARNs and signatures")->capture_default_str();
  app.add_option("--account", options.account, "Account in ARNs")->capture_default_str();
  app.add_option("--credential", options.credentials,
                 "ID:SECRET or ID:SECRET:PRINCIPAL_ARN; repeatable [test:test]");
  app.add_option("--fault", options.fault,
                 "What to do wrong, for tests: slow:MS, cut, error:NAME, forged, ...")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return ben::emulator::run_local_kms(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "local-kms: " << failure.what() << '\n';
    return 1;
  }
}
