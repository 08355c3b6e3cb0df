// The numbers of a node: one registry, shown as Prometheus text and as CloudWatch embedded metrics (EMF).
//
// Used by the I/O thread only, so nothing is locked.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ben::broker {

// Counts durations in buckets; `upper_us` are their upper bounds, the last bucket has none.
class LatencyHistogram {
 public:
  static constexpr std::array<std::uint32_t, 14> upper_us = {
      100,    250,    500,     1'000,   2'500,     5'000,     10'000,
      25'000, 50'000, 100'000, 250'000, 1'000'000, 2'500'000, 10'000'000};

  void observe(std::chrono::microseconds duration) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t sum_us() const noexcept { return sum_us_; }
  [[nodiscard]] std::uint64_t max_us() const noexcept { return max_us_; }
  // Durations of at most upper_us[i], not those of the bucket alone.
  [[nodiscard]] std::uint64_t at_most(std::size_t i) const noexcept;

 private:
  std::array<std::uint64_t, upper_us.size() + 1> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_us_ = 0;
  std::uint64_t max_us_ = 0;
};

struct Metrics {
  static constexpr std::size_t tags_max = 100;  // a label takes no more values than this: then "other"

  std::uint64_t attestation_failures = 0;
  std::uint64_t signing_operations = 0;
  double signing_operations_per_second = 0;  // over the last flush interval
  std::uint64_t enclave_restarts = 0;
  std::uint64_t kms_failures = 0;
  std::uint64_t requests = 0;
  std::uint64_t connections = 0;                               // now
  bool ready = false;                                          // now
  std::map<std::string, std::uint64_t, std::less<>> refusals;  // answers that are errors, by tag
  LatencyHistogram request_latency;                            // of POST /rpc, body read to answer ready

  // Counts an error answer under its tag.
  void count_refusal(std::string_view tag);

  [[nodiscard]] std::uint64_t refusals_in_all() const noexcept;
};

// Prometheus text exposition format 0.0.4; names begin with `ben_`.
[[nodiscard]] std::string encode_prometheus(const Metrics& metrics);

// Makes an EMF line out of what has changed since the line before.
class EmfReporter {
 public:
  EmfReporter(std::string metrics_namespace, std::string node) noexcept
      : namespace_(std::move(metrics_namespace)), node_(std::move(node)) {}

  // One JSON object (CloudWatch embedded metric format specification): counts of this interval, which lasted
  // `elapsed`, by the dimension Node. Also sets metrics.signing_operations_per_second.
  [[nodiscard]] std::string report(Metrics& metrics, std::int64_t time_ms, std::chrono::milliseconds elapsed);

 private:
  std::string namespace_;
  std::string node_;
  Metrics last_;
};

}  // namespace ben::broker
