#include "broker/metrics.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace ben::broker {
namespace {

std::string decimal(double value) {
  return nlohmann::json(value).dump();  // the shortest text that reads back as the same number
}

void add_family(std::string& text, std::string_view name, std::string_view type, std::string_view help) {
  text.append("# HELP ben_").append(name).append(" ").append(help).append("\n");
  text.append("# TYPE ben_").append(name).append(" ").append(type).append("\n");
}

void add_sample(std::string& text, std::string_view name, std::string_view labels, std::string_view value) {
  text.append("ben_").append(name).append(labels).append(" ").append(value).append("\n");
}

void add_number(std::string& text, std::string_view name, std::string_view type, std::string_view help,
                std::string_view value) {
  add_family(text, name, type, help);
  add_sample(text, name, "", value);
}

void add_latency(std::string& text, const LatencyHistogram& latency) {
  constexpr std::string_view name = "request_seconds";
  add_family(text, name, "histogram", "Time from a request's last byte to its answer.");
  const std::string bucket = std::string(name) + "_bucket";
  for (std::size_t i = 0; i < LatencyHistogram::upper_us.size(); ++i) {
    add_sample(text, bucket, "{le=\"" + decimal(LatencyHistogram::upper_us[i] / 1e6) + "\"}",
               std::to_string(latency.at_most(i)));
  }
  add_sample(text, bucket, "{le=\"+Inf\"}", std::to_string(latency.count()));
  add_sample(text, std::string(name) + "_sum", "", decimal(static_cast<double>(latency.sum_us()) / 1e6));
  add_sample(text, std::string(name) + "_count", "", std::to_string(latency.count()));
}

// A tag as a label value: only what tags are made of, so nothing has to be escaped.
std::string label_value(std::string_view tag) {
  constexpr std::size_t tag_bytes_max = 48;
  const bool plain = !tag.empty() && tag.size() <= tag_bytes_max && std::ranges::all_of(tag, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  return plain ? std::string(tag) : std::string("other");
}

}  // namespace

void LatencyHistogram::observe(std::chrono::microseconds duration) noexcept {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count()));
  const auto* bucket = std::ranges::lower_bound(upper_us, us);
  ++buckets_[static_cast<std::size_t>(bucket - upper_us.begin())];
  ++count_;
  sum_us_ += us;
  max_us_ = std::max(max_us_, us);
}

std::uint64_t LatencyHistogram::at_most(std::size_t i) const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t bucket = 0; bucket <= i; ++bucket) sum += buckets_[bucket];
  return sum;
}

void Metrics::count_refusal(std::string_view tag) {
  std::string label = label_value(tag);
  if (refusals.size() >= tags_max && !refusals.contains(label)) label = "other";
  ++refusals[label];
}

std::uint64_t Metrics::refusals_in_all() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& [tag, count] : refusals) sum += count;
  return sum;
}

std::string encode_prometheus(const Metrics& metrics) {
  std::string text;
  add_number(text, "ready", "gauge", "1 when the enclave was verified and can sign.",
             metrics.ready ? "1" : "0");
  add_number(text, "attestation_failures_total", "counter", "Evidence of the enclave that was refused.",
             std::to_string(metrics.attestation_failures));
  add_number(text, "signing_operations_total", "counter", "Transactions signed.",
             std::to_string(metrics.signing_operations));
  add_number(text, "signing_operations_per_second", "gauge", "Transactions signed a second, last interval.",
             decimal(metrics.signing_operations_per_second));
  add_number(text, "enclave_restarts_total", "counter", "Enclaves started because the one before was lost.",
             std::to_string(metrics.enclave_restarts));
  add_number(text, "kms_failures_total", "counter", "Calls to KMS that gave no usable reply.",
             std::to_string(metrics.kms_failures));
  add_number(text, "requests_total", "counter", "Requests to POST /rpc.", std::to_string(metrics.requests));
  add_number(text, "connections", "gauge", "HTTP connections that are open.",
             std::to_string(metrics.connections));
  add_family(text, "refusals_total", "counter", "Answers that are errors, by tag.");
  for (const auto& [tag, count] : metrics.refusals) {
    add_sample(text, "refusals_total", "{tag=\"" + tag + "\"}", std::to_string(count));
  }
  add_latency(text, metrics.request_latency);
  return text;
}

std::string EmfReporter::report(Metrics& metrics, std::int64_t time_ms, std::chrono::milliseconds elapsed) {
  const double seconds = std::max(0.001, static_cast<double>(elapsed.count()) / 1000.0);
  const std::uint64_t signed_now = metrics.signing_operations - last_.signing_operations;
  metrics.signing_operations_per_second = static_cast<double>(signed_now) / seconds;
  const std::uint64_t requests = metrics.request_latency.count() - last_.request_latency.count();
  const std::uint64_t latency_us = metrics.request_latency.sum_us() - last_.request_latency.sum_us();

  nlohmann::ordered_json directive = {{"Namespace", namespace_}, {"Dimensions", {{"Node"}}}};
  nlohmann::ordered_json line;
  line["Node"] = node_;
  const auto add = [&](const char* name, const char* unit, const nlohmann::ordered_json& value) {
    directive["Metrics"].push_back({{"Name", name}, {"Unit", unit}});
    line[name] = value;
  };
  add("attestation_failures", "Count", metrics.attestation_failures - last_.attestation_failures);
  add("signing_operations", "Count", signed_now);
  add("signing_operations_per_second", "Count/Second", metrics.signing_operations_per_second);
  add("refusals", "Count", metrics.refusals_in_all() - last_.refusals_in_all());
  add("enclave_restarts", "Count", metrics.enclave_restarts - last_.enclave_restarts);
  add("kms_failures", "Count", metrics.kms_failures - last_.kms_failures);
  add("requests", "Count", requests);
  add("ready", "Count", metrics.ready ? 1 : 0);
  if (requests > 0) {  // no requests have no mean
    add("request_latency", "Milliseconds",
        static_cast<double>(latency_us) / static_cast<double>(requests) / 1000.0);
  }
  line["_aws"] = {{"Timestamp", time_ms}, {"CloudWatchMetrics", nlohmann::ordered_json::array({directive})}};
  last_ = metrics;
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ben::broker
