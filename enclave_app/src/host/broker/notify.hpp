// Tells systemd how the service is (sd_notify(3)), by the socket that NOTIFY_SOCKET names.
#pragma once

#include <chrono>
#include <string_view>

namespace ben::broker {

// Sends "READY=1", "STOPPING=1", "WATCHDOG=1" or "STATUS=...". Does nothing when nobody listens.
void notify_service_manager(std::string_view message);

// How often WATCHDOG=1 has to be sent: half of what systemd allows. Zero: it does not ask.
[[nodiscard]] std::chrono::microseconds watchdog_interval();

}  // namespace ben::broker
