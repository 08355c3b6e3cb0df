// The only file that includes CLI11, which is slow to compile.
#include "broker/options.hpp"

#include <array>
#include <charconv>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "wire/frame.hpp"

namespace ben::broker {
namespace {

constexpr int exit_usage = 2;

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("unknown");
}

// Splits ADDRESS:PORT; an IPv6 address stands in brackets. Empty: good; else what is wrong.
std::string read_listen(const std::string& text, Options& options) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return "want ADDRESS:PORT";
  const char* const begin = text.data() + colon + 1;
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(begin, end, options.listen_port);
  if (begin == end || stopped != end || problem != std::errc())
    return "the port has to be a number up to 65535";
  options.listen_address = text.substr(0, colon);
  if (options.listen_address.starts_with('[') && options.listen_address.ends_with(']')) {
    options.listen_address = options.listen_address.substr(1, options.listen_address.size() - 2);
  }
  return {};
}

std::string refuse_measurement(const std::string& text) {
  if (text.empty()) return {};
  const auto measurement = parse_hex_array<48>(text);
  if (!measurement) return "want PCR0: 96 lower-case hex digits, or nothing before the first build";
  if (*measurement == Hash384{}) return "all zeros is what an enclave in debug mode shows: never expected";
  return {};
}

// What holds between options.
std::string refuse_together(const Options& options) {
  if (options.tls_certificate.empty() != options.tls_key.empty())
    return "--tls-cert and --tls-key go together";
  const bool is_local = options.listen_address.starts_with("127.") || options.listen_address == "::1";
  if (is_local || !options.tls_key.empty()) return {};
  return "--listen " + options.listen_address +
         ": only 127.0.0.1 is served without TLS: give --tls-cert and --tls-key";
}

void describe(CLI::App& app, Options& options) {
  const auto add = [&](const char* flag, auto& value, const char* help) {
    std::string variable = std::string("BEN_BROKER_") + (flag + 2);
    for (char& c : variable)
      c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return app.add_option(flag, value, help)->envname(variable);
  };
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.set_version_flag("--version", std::string(wire::program_version));
  app.set_config("--options-file", "", "Read options from this file (lines of NAME=VALUE)");
  add("--eif", options.eif, "The enclave image to run")->required();
  add("--config", options.config, "The signer's config; it is measured into PCR16")->required();
  add("--store", options.store, "SQLite file for sealed seeds, certificates and policies")->required();
  add("--policy", options.policy,
      "A signed policy to give the enclave where its epoch is above the stored one's");
  add("--expected-measurement", options.expected_measurement,
      "PCR0 that the image must have; empty: show it, and make no keys")
      ->check(refuse_measurement);
  add("--cpu-count", options.cpu_count, "CPUs of the enclave, rounded up to whole cores")
      ->capture_default_str();
  add("--memory-mib", options.memory_mib, "Memory of the enclave, at least 4 times the image")
      ->capture_default_str();
  add("--enclave-cid", options.enclave_cid, "Context id of the enclave, 4 or more")->capture_default_str();
  add("--enclave-name", options.enclave_name, "An enclave of this name is ours")->capture_default_str();
  add("--nitro-cli", options.nitro_cli, "nitro-cli, or a program that works alike")->capture_default_str();
  add("--enclave-address", options.enclave_address, "vsock:CID:PORT or unix:PATH:PORT; {cid} is filled in")
      ->capture_default_str();
  add("--root", options.root, "Trust this certificate (PEM or DER) in place of AWS's root: tests only");
  add("--tls-cert", options.tls_certificate, "PEM file: serve HTTPS");
  add("--tls-key", options.tls_key, "PEM file of its key");
  add("--port-file", options.port_file, "Write the port that is listened on into this file");
  add("--kms-endpoint", options.kms_endpoint, "URL of KMS, if it is not AWS's");
  add("--region", options.region, "AWS region, if it is not the key's");
  add("--metrics-namespace", options.metrics_namespace, "CloudWatch namespace")->capture_default_str();
  add("--node-name", options.node_name, "Value of the metrics' dimension Node")->capture_default_str();
  add("--metrics-seconds", options.metrics_seconds, "Interval of metric lines")
      ->check(CLI::Range(1U, 3600U))
      ->capture_default_str();
  add("--drain-seconds", options.drain_seconds, "Longest wait for open requests at the end")
      ->check(CLI::Range(0U, 600U))
      ->capture_default_str();
  app.add_flag("--force", options.force,
               "At the end, terminate the enclave even if its seed is lost by that");
}

}  // namespace

std::variant<Options, int> parse_options(int argc, const char* const* argv) {
  Options options;
  options.node_name = host_name();
  std::string listen = "127.0.0.1:8080";
  std::string level = "info";

  CLI::App app("Runs the enclave of a Bitcoin Enclave Node and serves its JSON-RPC over HTTP");
  describe(app, options);
  app.add_option("--listen", listen, "ADDRESS:PORT to serve; port 0: any free one")
      ->envname("BEN_BROKER_LISTEN")
      ->check([&](const std::string& text) { return read_listen(text, options); })
      ->capture_default_str();
  app.add_option("--log-level", level, "debug, info, warn or error")
      ->envname("BEN_BROKER_LOG_LEVEL")
      ->check([&](const std::string& name) {
        return parse_log_level(name, options.log_level) ? std::string() : "want debug, info, warn or error";
      })
      ->capture_default_str();
  try {
    app.parse(argc, argv);
    const std::string refusal = refuse_together(options);
    if (!refusal.empty()) throw CLI::ValidationError(refusal);
  } catch (const CLI::ParseError& end) {
    return app.exit(end) == 0 ? 0 : exit_usage;
  }
  return options;
}

}  // namespace ben::broker
