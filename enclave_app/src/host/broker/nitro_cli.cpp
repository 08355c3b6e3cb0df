#include "broker/nitro_cli.hpp"

#include <algorithm>
#include <chrono>

#include <nlohmann/json.hpp>

#include "broker/process.hpp"

namespace ben::broker {
namespace {

// nitro-cli itself waits 90 s and more for the heartbeat of a large image (aws-nitro-enclaves-cli,
// eif_loader).
constexpr std::chrono::milliseconds start_limit{180'000};
constexpr std::chrono::milliseconds call_limit{30'000};
constexpr std::size_t last_words_bytes = 600;

constexpr Error bad_output{ErrorCode::malformed, "broker-nitro-cli",
                           "nitro-cli printed something that is not its known JSON"};

std::string text_member(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<EnclaveInfo> read_enclave(const nlohmann::json& object) {
  if (!object.is_object()) return std::nullopt;
  const auto cid = object.find("EnclaveCID");
  if (cid == object.end() || !cid->is_number_unsigned() || cid->get<std::uint64_t>() > UINT32_MAX)
    return std::nullopt;
  EnclaveInfo enclave{.id = text_member(object, "EnclaveID"),
                      .name = text_member(object, "EnclaveName"),
                      .cid = cid->get<std::uint32_t>(),
                      .running = text_member(object, "State") == "RUNNING",
                      .debug = text_member(object, "Flags").find("DEBUG_MODE") != std::string::npos};
  if (enclave.id.empty()) return std::nullopt;
  return enclave;
}

std::string last_words(const ProgramEnd& end) {
  const std::string& text = end.problems.empty() ? end.output : end.problems;
  return text.substr(text.size() - std::min(text.size(), last_words_bytes));
}

}  // namespace

Result<std::vector<EnclaveInfo>> parse_enclaves(const std::string& json) {
  const auto value = nlohmann::json::parse(json, nullptr, false);
  if (!value.is_array()) return bad_output;
  std::vector<EnclaveInfo> enclaves;
  for (const auto& item : value) {
    auto enclave = read_enclave(item);
    if (!enclave) return bad_output;
    enclaves.push_back(*std::move(enclave));
  }
  return enclaves;
}

Result<EnclaveInfo> parse_started_enclave(const std::string& json) {
  auto enclave = read_enclave(nlohmann::json::parse(json, nullptr, false));
  if (!enclave) return bad_output;
  enclave->running = true;  // run-enclave prints neither state nor flags
  return *std::move(enclave);
}

Outcome<std::string> NitroCli::call(std::vector<std::string> arguments, bool is_start) {
  arguments.insert(arguments.begin(), program_);
  const auto end = run_program(arguments, is_start ? start_limit : call_limit);
  if (!end) return end.error();
  if (end->exit_code == 0) return end->output;
  return Failure{{ErrorCode::unavailable, "broker-nitro-cli", "nitro-cli reports a failure"},
                 last_words(*end)};
}

Outcome<std::vector<EnclaveInfo>> NitroCli::describe() {
  const auto printed = call({"describe-enclaves"}, false);
  if (!printed) return printed.failure();
  auto enclaves = parse_enclaves(*printed);
  if (!enclaves) return enclaves.error();
  return *std::move(enclaves);
}

Outcome<EnclaveInfo> NitroCli::run(const EnclaveOrder& order) {
  const auto printed = call({"run-enclave", "--eif-path", order.eif_path, "--cpu-count",
                             std::to_string(order.cpu_count), "--memory", std::to_string(order.memory_mib),
                             "--enclave-cid", std::to_string(order.cid), "--enclave-name", order.name},
                            true);
  if (!printed) return printed.failure();
  auto enclave = parse_started_enclave(*printed);
  if (!enclave) return enclave.error();
  return *std::move(enclave);
}

std::optional<Failure> NitroCli::terminate(const std::string& id) {
  const auto printed = call({"terminate-enclave", "--enclave-id", id}, false);
  if (printed) return std::nullopt;
  const auto left = describe();
  const auto is_it = [&](const EnclaveInfo& enclave) { return enclave.id == id; };
  if (left && std::ranges::none_of(*left, is_it)) return std::nullopt;
  return printed.failure();
}

}  // namespace ben::broker
