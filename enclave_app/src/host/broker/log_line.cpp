#include <array>
#include <cstdio>
#include <ctime>

#include <nlohmann/json.hpp>

#include "broker/log.hpp"

namespace ben::broker {
namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "";
}

std::string utc_time(std::int64_t time_ms) {
  const std::time_t seconds = time_ms / 1000;
  std::tm parts{};
  (void)gmtime_r(&seconds, &parts);  // fails for years that no clock shows
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const int tail =
      std::snprintf(text.data() + size, text.size() - size, ".%03dZ", static_cast<int>(time_ms % 1000));
  return {text.data(), size + static_cast<std::size_t>(tail)};
}

}  // namespace

bool parse_log_level(std::string_view name, LogLevel& level) {
  for (const LogLevel known : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
    if (name != level_name(known)) continue;
    level = known;
    return true;
  }
  return false;
}

std::string encode_log_line(std::int64_t time_ms, LogLevel level, std::string_view event,
                            std::initializer_list<LogField> fields) {
  nlohmann::ordered_json line;
  line["ts"] = utc_time(time_ms);
  line["level"] = level_name(level);
  line["event"] = event;
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.key)] = value; }, field.value);
  }
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ben::broker
