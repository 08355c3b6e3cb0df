#include "base/hex.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/stop.hpp"
#include "eif/image.hpp"
#include "verify/judgement.hpp"

namespace ben::cli {
namespace {

// The refusal of an image names the place in the file.
template <typename T>
T image_or_stop(Result<T> result, const std::string& path, std::uint64_t failed_at) {
  if (result) return *std::move(result);
  const Stop stop = stop_of(result.error(), path);
  throw Stop(stop.tag(), std::string(stop.what()) + " (at byte " + std::to_string(failed_at) + ")");
}

verify::Measurements to_pins(const eif::Measurements& measurements) {
  return {.pcr0 = measurements.pcr0, .pcr1 = measurements.pcr1, .pcr2 = measurements.pcr2};
}

void say_measurements(const eif::Measurements& measurements, Output& output) {
  output.fact("PCR0", encode_hex(measurements.pcr0));
  output.fact("PCR1", encode_hex(measurements.pcr1));
  output.fact("PCR2", encode_hex(measurements.pcr2));
  if (measurements.pcr8) output.fact("PCR8", encode_hex(*measurements.pcr8));
}

std::string read_cmdline(const EifBuildOptions& options) {
  if (options.cmdline_file.empty()) return options.cmdline;
  std::string text = read_text_file(options.cmdline_file);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

int build_eif(const EifBuildOptions& options, Output& output) {
  eif::BuildOptions build;
  build.kernel = std::filesystem::path(options.kernel);
  build.cmdline = read_cmdline(options);
  for (const std::string& ramdisk : options.ramdisks)
    build.ramdisks.emplace_back(std::filesystem::path(ramdisk));
  build.metadata.image_name = options.name;
  build.metadata.image_version = options.version;
  build.output = options.out;
  const eif::Measurements measurements = value_or_stop(eif::build_eif(build), options.out);
  if (!options.measurements_out.empty()) {
    replace_file(options.measurements_out,
                 as_bytes(indent_json(verify::encode_measurements(to_pins(measurements)))));
  }
  output.fact("file", options.out);
  say_measurements(measurements, output);
  return exit_yes;
}

int build_ramdisk(const std::string& manifest, const std::string& out, Output& output) {
  const auto folder = std::filesystem::absolute(manifest).parent_path();
  auto entries = value_or_stop(eif::parse_manifest(read_text_file(manifest), folder), manifest);
  const auto count = static_cast<std::int64_t>(entries.size());
  (void)value_or_stop(eif::write_cpio(std::move(entries), out), out);
  output.fact("file", out).fact("entries", count);
  return exit_yes;
}

int measure_eif(const std::string& file, Output& output) {
  std::uint64_t failed_at = 0;
  const auto result = eif::measure_eif(file, &failed_at);
  const eif::Measurements measurements = image_or_stop(result, file, failed_at);
  // A measurements file for people too: `benctl eif measure image.eif > measurements.json`.
  output.json_fact("HashAlgorithm", R"("Sha384 { ... }")");
  say_measurements(measurements, output);
  output.content(indent_json(verify::encode_measurements(to_pins(measurements))));
  return exit_yes;
}

int describe_eif(const std::string& file, Output& output) {
  std::uint64_t failed_at = 0;
  auto result = eif::describe_eif(std::filesystem::path(file), &failed_at);
  const eif::Description description = image_or_stop(std::move(result), file, failed_at);
  const std::string text = eif::encode_description(description);
  output.json_fact("description", text).content(text + "\n");
  return exit_yes;
}

int show_pcr3(const std::string& role_arn, Output& output) {
  if (!role_arn.starts_with("arn:") || role_arn.find(":iam::") == std::string::npos ||
      role_arn.find(":role/") == std::string::npos)
    throw UsageStop("want the ARN of an IAM role, arn:aws:iam::ACCOUNT:role/NAME, not: " + role_arn);
  output.fact("pcr3", encode_hex(verify::pcr3_of_role(role_arn)));
  return exit_yes;
}

}  // namespace ben::cli
