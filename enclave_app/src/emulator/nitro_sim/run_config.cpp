#include "nitro_sim/run_config.hpp"

#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

namespace ben::emulator {
namespace {

using Json = nlohmann::json;

constexpr std::size_t config_bytes_max = std::size_t{64} << 10U;

template <typename T>
void take(const Json& object, const char* name, T& into) {
  const auto found = object.find(name);
  if (found != object.end() && !found->is_null()) into = found->get<T>();
}

// get<std::uint32_t>() would take a negative number, or one that is too large, for another.
template <typename T>
T to_number(const Json& value) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::numeric_limits<T>::max())
    throw std::invalid_argument("number");
  return value.get<T>();
}

void take_all(const Json& object, RunOptions& options) {
  options.eif_path = object.at("eif_path").get<std::string>();
  options.memory_mib = to_number<std::uint64_t>(object.at("memory_mib"));
  take(object, "enclave_name", options.name);
  take(object, "debug_mode", options.is_debug);
  if (bool attach = false; take(object, "attach_console", attach), attach) options.attach_console = true;
  Json cid;
  Json count;
  Json ids = Json::array();
  take(object, "enclave_cid", cid);
  take(object, "cpu_count", count);
  take(object, "cpu_ids", ids);
  if (!cid.is_null()) options.cid = to_number<std::uint64_t>(cid);
  if (!ids.is_array() || ids.empty() == count.is_null()) throw std::invalid_argument("one of the two");
  if (!count.is_null()) options.cpu_count = to_number<std::uint32_t>(count);
  for (const Json& id : ids) options.cpu_ids.push_back(to_number<std::uint32_t>(id));
}

}  // namespace

Result<> read_run_config(const std::filesystem::path& path, RunOptions& options) {
  std::ifstream file(path, std::ios::binary);
  std::string text(config_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad())
    return Error{ErrorCode::unavailable, "sim-config-file", "the file of --config cannot be read"};
  text.resize(static_cast<std::size_t>(file.gcount()));
  constexpr Error malformed{
      ErrorCode::malformed, "sim-config",
      "the file of --config has to be JSON of at most 64 KiB with eif_path, memory_mib, and "
      "cpu_count or cpu_ids"};
  if (text.size() > config_bytes_max) return malformed;
  try {
    take_all(Json::parse(text), options);
  } catch (const std::exception&) {
    return malformed;
  }
  return Ok{};
}

}  // namespace ben::emulator
