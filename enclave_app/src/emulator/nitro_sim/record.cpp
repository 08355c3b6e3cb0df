#include "nitro_sim/record.hpp"

#include <nlohmann/json.hpp>

#include "base/hex.hpp"

namespace ben::emulator {
namespace {

using Json = nlohmann::ordered_json;

constexpr int indent = 2;

Json to_run_json(const EnclaveRecord& record) {
  return {{"EnclaveName", record.name},
          {"EnclaveID", record.id},
          {"ProcessID", record.process_id},
          {"EnclaveCID", record.cid},
          {"NumberOfCPUs", record.cpu_ids.size()},
          {"CPUIDs", record.cpu_ids},
          {"MemoryMiB", record.memory_mib}};
}

Json to_described_json(const EnclaveRecord& record, bool with_metadata) {
  Json object = to_run_json(record);
  object["State"] = "RUNNING";
  object["Flags"] = record.is_debug ? "DEBUG_MODE" : "NONE";
  object.update(Json::parse(eif::encode_measurements(record.measurements)));
  if (with_metadata) object.update(Json::parse(record.metadata));
  return object;
}

Result<Hash384> take_pcr(const Json& measurements, const char* name) {
  return parse_hex_array<48>(measurements.at(name).get<std::string>());
}

Result<EnclaveRecord> from_json(const Json& object) {
  EnclaveRecord record{.name = object.at("EnclaveName"),
                       .id = object.at("EnclaveID"),
                       .process_id = object.at("ProcessID"),
                       .cid = object.at("EnclaveCID"),
                       .cpu_ids = object.at("CPUIDs"),
                       .memory_mib = object.at("MemoryMiB"),
                       .is_debug = object.at("Debug"),
                       .is_running = object.at("Running"),
                       .measurements = {},
                       .metadata = object.at("Image").dump()};
  const Json& measurements = object.at("Measurements");
  const auto pcr0 = take_pcr(measurements, "PCR0");
  const auto pcr1 = take_pcr(measurements, "PCR1");
  const auto pcr2 = take_pcr(measurements, "PCR2");
  for (const auto* pcr : {&pcr0, &pcr1, &pcr2}) {
    if (!*pcr) return pcr->error();
  }
  record.measurements = {.pcr0 = *pcr0, .pcr1 = *pcr1, .pcr2 = *pcr2, .pcr8 = std::nullopt};
  if (measurements.contains("PCR8")) {
    const auto pcr8 = take_pcr(measurements, "PCR8");
    if (!pcr8) return pcr8.error();
    record.measurements.pcr8 = *pcr8;
  }
  return record;
}

}  // namespace

std::string encode_record(const EnclaveRecord& record) {
  Json object = to_run_json(record);
  object["Debug"] = record.is_debug;
  object["Running"] = record.is_running;
  object["Image"] = Json::parse(record.metadata);
  object.update(Json::parse(eif::encode_measurements(record.measurements)));
  return object.dump(indent);
}

Result<EnclaveRecord> parse_record(std::string_view text) {
  constexpr Error malformed{ErrorCode::malformed, "sim-record", "the enclave's record cannot be read"};
  try {
    auto record = from_json(Json::parse(text));
    if (!record) return malformed;
    return record;
  } catch (const Json::exception&) {
    return malformed;
  }
}

std::string describe_run(const EnclaveRecord& record) { return to_run_json(record).dump(indent); }

std::string describe_all(const std::vector<EnclaveRecord>& records, bool with_metadata) {
  Json list = Json::array();
  for (const EnclaveRecord& record : records) list.push_back(to_described_json(record, with_metadata));
  return list.dump(indent);
}

std::string describe_termination(const EnclaveRecord& record) {
  return Json{{"EnclaveName", record.name}, {"EnclaveID", record.id}, {"Terminated", true}}.dump(indent);
}

}  // namespace ben::emulator
