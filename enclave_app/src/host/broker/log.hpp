// Log lines: one JSON object a line on standard output, for journald and CloudWatch.
//
// Every line has ts (UTC, milliseconds), level and event (lower case, `area-what`, stable), then the fields
// given. Bodies of requests and answers are never fields.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace ben::broker {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

// False, and `level` is left alone, when `name` is not debug, info, warn or error.
[[nodiscard]] bool parse_log_level(std::string_view name, LogLevel& level);

struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, bool> value;
};

class Log {
 public:
  explicit Log(LogLevel threshold);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  Log(Log&&) = delete;
  Log& operator=(Log&&) = delete;

  // May be called from any thread.
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::debug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::info, event, fields);
  }
  void warn(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::warn, event, fields);
  }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::error, event, fields);
  }

  // A line that is a whole JSON object already, whatever the threshold: embedded metrics.
  void write_object(std::string_view json);

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

// The line of write(), without its newline; bytes that are not UTF-8 show as U+FFFD.
[[nodiscard]] std::string encode_log_line(std::int64_t time_ms, LogLevel level, std::string_view event,
                                          std::initializer_list<LogField> fields);

}  // namespace ben::broker
