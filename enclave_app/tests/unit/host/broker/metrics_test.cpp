#include "broker/metrics.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace ben::broker {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("a duration counts in its bucket and in every larger one") {
  LatencyHistogram histogram;
  histogram.observe(microseconds(100));
  histogram.observe(microseconds(101));
  histogram.observe(microseconds(20'000'000));
  histogram.observe(microseconds(-5));  // a clock that steps back
  CHECK(histogram.at_most(0) == 2);
  CHECK(histogram.at_most(1) == 3);
  CHECK(histogram.at_most(LatencyHistogram::upper_us.size() - 1) == 3);
  CHECK(histogram.count() == 4);
  CHECK(histogram.sum_us() == 20'000'201);
}

TEST_CASE("the Prometheus text holds every number under its name") {
  Metrics metrics;
  metrics.attestation_failures = 1;
  metrics.signing_operations = 20;
  metrics.signing_operations_per_second = 0.5;
  metrics.enclave_restarts = 3;
  metrics.kms_failures = 4;
  metrics.requests = 25;
  metrics.connections = 6;
  metrics.ready = true;
  metrics.count_refusal("policy-outflow");
  metrics.count_refusal("policy-outflow");
  metrics.request_latency.observe(microseconds(300));
  const std::string text = encode_prometheus(metrics);
  for (const char* line :
       {"ben_attestation_failures_total 1", "ben_signing_operations_total 20",
        "ben_signing_operations_per_second 0.5", "ben_enclave_restarts_total 3", "ben_kms_failures_total 4",
        "ben_requests_total 25", "ben_connections 6", "ben_ready 1",
        "ben_refusals_total{tag=\"policy-outflow\"} 2", "ben_request_seconds_bucket{le=\"0.00025\"} 0",
        "ben_request_seconds_bucket{le=\"0.0005\"} 1", "ben_request_seconds_bucket{le=\"+Inf\"} 1",
        "ben_request_seconds_sum 0.0003", "ben_request_seconds_count 1",
        "# TYPE ben_request_seconds histogram"}) {
    CAPTURE(line);
    CHECK(has_line(text, line));
  }
}

TEST_CASE("a tag that could break a label, and a tag too many, count as other") {
  Metrics metrics;
  for (const char* tag : {"", "a\"}", "A", "a\nb", "an-area-whose-tag-is-longer-than-any-tag-there-will-be"})
    metrics.count_refusal(tag);
  CHECK(metrics.refusals.at("other") == 5);
  for (int i = 0; i < 1000; ++i) metrics.count_refusal("tag-" + std::to_string(i));
  CHECK(metrics.refusals.size() == Metrics::tags_max);
  CHECK(metrics.refusals_in_all() == 1005);
}

TEST_CASE("a metric line counts what has changed since the line before") {
  Metrics metrics;
  EmfReporter reporter("BitcoinEnclaveNode", "node-1");
  metrics.signing_operations = 30;
  metrics.attestation_failures = 1;
  metrics.request_latency.observe(microseconds(1000));
  metrics.request_latency.observe(microseconds(2000));
  const auto first = nlohmann::json::parse(reporter.report(metrics, 1'000, milliseconds(60'000)));
  CHECK(first["signing_operations"] == 30);
  CHECK(first["signing_operations_per_second"] == 0.5);
  CHECK(first["attestation_failures"] == 1);
  CHECK(first["request_latency"] == 1.5);
  CHECK(metrics.signing_operations_per_second == 0.5);

  metrics.signing_operations = 36;
  const auto second = nlohmann::json::parse(reporter.report(metrics, 2'000, milliseconds(60'000)));
  CHECK(second["signing_operations"] == 6);
  CHECK(second["signing_operations_per_second"] == 0.1);
  CHECK(second["attestation_failures"] == 0);
  CHECK_FALSE(second.contains("request_latency"));
}

TEST_CASE("a metric line declares each of its metrics as CloudWatch asks") {
  Metrics metrics;
  metrics.request_latency.observe(microseconds(1));
  EmfReporter reporter("Some/Namespace", "node-1");
  const auto line = nlohmann::json::parse(reporter.report(metrics, 1234, milliseconds(1)));
  CHECK(line["Node"] == "node-1");
  CHECK(line["_aws"]["Timestamp"] == 1234);
  const auto& directive = line["_aws"]["CloudWatchMetrics"][0];
  CHECK(directive["Namespace"] == "Some/Namespace");
  CHECK(directive["Dimensions"] == nlohmann::json::array({nlohmann::json::array({"Node"})}));
  CHECK(directive["Metrics"].size() == 9);
  CHECK(line.size() == 9 + 2);  // and Node and _aws
  for (const auto& metric : directive["Metrics"]) {
    CAPTURE(metric.dump());
    CHECK(line.contains(metric["Name"].get<std::string>()));
    CHECK(metric["Unit"].is_string());
  }
}

}  // namespace
}  // namespace ben::broker
