// The only file that includes spdlog and fmt: both are used header-only and are slow to compile.
#include "broker/log.hpp"

#include <chrono>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace ben::broker {

struct Log::Sink {
  explicit Sink(LogLevel least)
      : threshold(least), logger("broker", std::make_shared<spdlog::sinks::stdout_sink_mt>()) {
    logger.set_pattern("%v");
    logger.flush_on(spdlog::level::trace);  // a line that says why we stopped has to be out before we stop
  }

  LogLevel threshold;
  spdlog::logger logger;
};

Log::Log(LogLevel threshold) : sink_(std::make_unique<Sink>(threshold)) {}
Log::~Log() = default;

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < sink_->threshold) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  write_object(encode_log_line(std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), level,
                               event, fields));
}

void Log::write_object(std::string_view json) {
  sink_->logger.log(spdlog::level::critical, spdlog::string_view_t(json.data(), json.size()));
}

}  // namespace ben::broker
