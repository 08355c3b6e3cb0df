#include "broker/start.hpp"

#include <chrono>
#include <fstream>

#include "base/hex.hpp"
#include "bitcoin/network.hpp"
#include "broker/preconditions.hpp"
#include "eif/image.hpp"
#include "policy/config.hpp"

namespace ben::broker {
namespace {

constexpr std::size_t root_bytes_max = 16UL * 1024;
constexpr std::size_t policy_bytes_max = 128UL * 1024;  // an envelope of 64 KiB in base64, and its signatures

void refuse(Log& log, const Error& error, const std::string& about = {}) {
  std::string message(error.reason.view());
  if (!error.detail.view().empty()) message.append(" (").append(error.detail.view()).append(")");
  log.error("start-refused",
            {{"tag", error.tag.view()}, {"message", about.empty() ? message : about + ": " + message}});
}

std::optional<Bytes> read_file(const std::string& path, std::size_t bytes_max) {
  std::ifstream file(path, std::ios::binary);
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.eof()) return std::nullopt;  // not at its end: over the limit
  text.resize(static_cast<std::size_t>(file.gcount()));
  return to_bytes(as_bytes(text));
}

// The config as it will be measured, and what the signer will read in it.
std::optional<policy::Config> read_config(const Options& options, Bytes& bytes, Log& log) {
  auto file = read_file(options.config, policy::config_bytes_max);
  if (!file) {
    refuse(log, {ErrorCode::unavailable, "broker-config", "cannot be read, or is over 64 KiB"},
           "--config " + options.config);
    return std::nullopt;
  }
  bytes = *std::move(file);
  auto config = policy::parse_config(bytes);
  if (config) return *std::move(config);
  refuse(log, config.error(), "--config " + options.config);
  return std::nullopt;
}

// The policy that was given to the host, if there is one. Only its label is read: the enclave judges it.
bool read_policy(const Options& options, std::string& policy, Log& log) {
  if (options.policy.empty()) return true;
  const auto file = read_file(options.policy, policy_bytes_max);
  const auto label =
      file ? read_policy_label(*file)
           : Result<PolicyLabel>(Error{ErrorCode::unavailable, "broker-policy", "cannot be read"});
  if (!label) {
    refuse(log, label.error(), "--policy " + options.policy);
    return false;
  }
  policy = as_text(*file);
  return true;
}

bool read_root(const Options& options, const policy::Config& config, Bytes& root, Log& log) {
  if (options.root.empty()) return true;
  if (config.network == bitcoin::Network::main) {
    refuse(log, {ErrorCode::refused, "broker-root", "network main trusts AWS's root only"},
           "--root " + options.root);
    return false;
  }
  const auto file = read_file(options.root, root_bytes_max);
  auto der = file ? parse_root(*file)
                  : Result<Bytes>(Error{ErrorCode::unavailable, "broker-root", "cannot be read"});
  if (!der) {
    refuse(log, der.error(), "--root " + options.root);
    return false;
  }
  root = *std::move(der);
  log.warn("test-root", {{"message", "UNTRUSTED TEST ROOT: evidence proves nothing about hardware"}});
  return true;
}

// Yields the number of CPUs that the enclave is to get; none: the host is not fit.
std::optional<std::uint32_t> check_host(const Options& options, bool is_nitro, Log& log) {
  Wishes wishes{.eif_path = options.eif,
                .nitro_cli = options.nitro_cli,
                .cid = options.enclave_cid,
                .cpu_count = options.cpu_count,
                .memory_mib = options.memory_mib};
  const HostFacts facts = read_host_facts(wishes, is_nitro);
  if (facts.nitro) wishes.cpu_count = facts.nitro->whole_cores(options.cpu_count);
  if (wishes.cpu_count != options.cpu_count) {
    log.info("cpu-count-rounded", {{"message", "an enclave gets whole cores"},
                                   {"asked", static_cast<std::int64_t>(options.cpu_count)},
                                   {"cpu_count", static_cast<std::int64_t>(wishes.cpu_count)}});
  }
  const auto problems = find_problems(wishes, facts);
  for (const std::string& problem : problems) {
    log.error("start-refused", {{"tag", "broker-precondition"}, {"message", problem}});
  }
  if (!problems.empty()) return std::nullopt;
  return wishes.cpu_count;
}

// The image's measurements, if it may run.
std::optional<verify::Measurements> measure(const Options& options, Log& log) {
  const auto measured = eif::measure_eif(options.eif);
  if (!measured) {
    refuse(log, measured.error(), "--eif " + options.eif);
    return std::nullopt;
  }
  const std::string pcr0 = encode_hex(measured->pcr0);
  log.info("eif-measured", {{"message", "Actual EIF PCR0 Measurement: " + pcr0},
                            {"pcr0", pcr0},
                            {"pcr1", encode_hex(measured->pcr1)},
                            {"pcr2", encode_hex(measured->pcr2)}});
  if (options.expected_measurement.empty()) {
    log.warn("measurement-not-expected",
             {{"message",
               "no --expected-measurement: the enclave runs, but makes no keys. Compare the PCR0 above with "
               "one that you trust, then give it"}});
  } else if (options.expected_measurement != pcr0) {
    refuse(log, {ErrorCode::refused, "broker-measurement",
                 "the image's PCR0 is not --expected-measurement: it is not the image that was reviewed"});
    return std::nullopt;
  }
  return verify::Measurements{.pcr0 = measured->pcr0, .pcr1 = measured->pcr1, .pcr2 = measured->pcr2};
}

// False: the key is of a kind that must not seal. That KMS cannot be asked is no reason not to serve.
bool admit_kms_key(const KmsAccess& kms, const KmsClient& quick, Log& log) {
  const auto key = quick.describe_key(kms.key);
  if (!key) {
    log.warn("kms-key-unchecked",
             {{"tag", key.failure().error.tag.view()},
              {"message", std::string(key.failure().error.reason.view()) + ": " + key.failure().detail}});
    return true;
  }
  const auto admitted = admit_sealing_key(*key);
  if (admitted) return true;
  refuse(log, admitted.error(), kms.key.text);
  return false;
}

bool prepare_kms(const Options& options, const policy::Config& config, Prepared& prepared, Log& log) {
  if (!config.kms) return true;
  const auto key = parse_key_arn(config.kms->arn);
  if (!key) {
    refuse(log, key.error(), "--config " + options.config);
    return false;
  }
  const std::string region = options.region.empty() ? key->region : options.region;
  prepared.credentials = std::make_unique<CredentialsProvider>();
  KmsOptions kms_options;
  kms_options.endpoint = options.kms_endpoint;
  prepared.kms.emplace(
      KmsAccess{.key = *key, .client = KmsClient(region, kms_options, *prepared.credentials)});
  kms_options.attempts = 1;  // start-up does not wait for a service that is down
  return admit_kms_key(*prepared.kms, KmsClient(region, kms_options, *prepared.credentials), log);
}

}  // namespace

std::optional<Prepared> prepare(const Options& options, Log& log) {
  Prepared prepared;
  LifecyclePlan& plan = prepared.plan;
  const auto address = parse_enclave_address(options.enclave_address, options.enclave_cid);
  if (!address) {
    refuse(log, address.error(), "--enclave-address " + options.enclave_address);
    return std::nullopt;
  }
  const auto config = read_config(options, plan.config, log);
  if (!config || !read_root(options, *config, plan.pins.root, log)) return std::nullopt;
  const auto cpu_count = check_host(options, std::holds_alternative<VsockAddress>(*address), log);
  if (!cpu_count || !read_policy(options, plan.policy, log)) return std::nullopt;
  plan.pins.measurements = measure(options, log);
  if (!plan.pins.measurements) return std::nullopt;
  auto store = Store::open(options.store);
  if (!store) {
    refuse(log, store.error(), "--store " + options.store);
    return std::nullopt;
  }
  prepared.store = *std::move(store);
  if (!prepare_kms(options, *config, prepared, log)) return std::nullopt;

  prepared.measured = !options.expected_measurement.empty();
  plan.pins.config = std::string(as_text(plan.config));
  plan.order = EnclaveOrder{.eif_path = options.eif,
                            .name = options.enclave_name,
                            .cid = options.enclave_cid,
                            .cpu_count = *cpu_count,
                            .memory_mib = options.memory_mib};
  plan.address_template = options.enclave_address;
  plan.nitro_cli = options.nitro_cli;
  plan.force_end = options.force;
  return prepared;
}

}  // namespace ben::broker
