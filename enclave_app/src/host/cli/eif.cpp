#include <algorithm>
#include <filesystem>

#include "base/hex.hpp"
#include "cli/eif_image.hpp"
#include "cli/eif_options.hpp"
#include "cli/files.hpp"
#include "cli/stop.hpp"

namespace ben::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t manifest_bytes_max = std::size_t{1} << 20;

// An input by its path; stops with the name of one that cannot be read.
fs::path source_or_stop(const fs::path& path) {
  (void)value_or_stop(eif::FileInput::open(path), path.string());
  return path;
}

std::string read_cmdline(const EifBuildOptions& options) {
  if (options.cmdline_file.empty()) return options.cmdline;
  std::string text = read_text_file(options.cmdline_file);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

eif::Metadata metadata_of(const EifBuildOptions& options) {
  eif::Metadata metadata;
  metadata.image_name = options.name.empty() ? fs::path(options.kernel).filename().string() : options.name;
  metadata.image_version = options.version.empty() ? "1.0" : options.version;
  const auto set = [](std::string& field, const std::string& text) {
    if (!text.empty()) field = text;
  };
  set(metadata.build_time, options.build_time);
  set(metadata.build_tool, options.build_tool);
  set(metadata.build_tool_version, options.build_tool_version);
  set(metadata.operating_system, options.operating_system);
  set(metadata.kernel_version, options.kernel_version);
  set(metadata.docker_info, options.docker_info);
  set(metadata.custom_metadata, options.custom);
  return metadata;
}

eif::SigningIdentity read_signer(const EifSigner& signer) {
  return {.certificate = read_file(signer.certificate), .key = read_file(signer.key)};
}

}  // namespace

int build_eif(const EifBuildOptions& options, Output& output) {
  eif::BuildOptions build;
  build.kernel = source_or_stop(options.kernel);
  build.cmdline = read_cmdline(options);
  for (const std::string& ramdisk : options.ramdisks) build.ramdisks.emplace_back(source_or_stop(ramdisk));
  build.metadata = metadata_of(options);
  build.architecture = parse_architecture(options.architecture);
  if (!options.signer.key.empty()) build.signer = read_signer(options.signer);
  build.output = options.out;
  const eif::Measurements measurements = value_or_stop(eif::build_eif(build), options.out);
  if (!options.measurements_out.empty()) {
    replace_file(options.measurements_out, as_bytes(indent_json(measurements_json(measurements))));
  }
  output.fact("file", options.out);
  say_measurements(measurements, output);
  return exit_yes;
}

int build_ramdisk(const std::string& manifest, const std::string& out, Output& output) {
  const auto folder = fs::absolute(manifest).parent_path();
  std::size_t failed_line = 0;
  auto parsed = eif::parse_manifest(read_text_file(manifest, manifest_bytes_max), folder, &failed_line);
  auto contents = value_or_stop(std::move(parsed), manifest + " line " + std::to_string(failed_line));
  for (const eif::ManifestEntry& entry : contents.entries) {
    const auto* source = std::get_if<fs::path>(&entry.source);
    if (source != nullptr) (void)source_or_stop(*source);
  }
  const auto count = static_cast<std::int64_t>(contents.entries.size());
  (void)value_or_stop(eif::write_cpio(std::move(contents), out), out);
  output.fact("file", out).fact("entries", count);
  return exit_yes;
}

int sign_eif(const EifSignOptions& options, Output& output) {
  const OpenImage image = open_image({.path = options.image, .architecture = options.architecture});
  const eif::Measurements measurements = value_or_stop(
      eif::sign_eif(*image.file, image.description, read_signer(options.signer), options.out), options.out);
  output.fact("file", options.out);
  say_measurements(measurements, output);
  return exit_yes;
}

}  // namespace ben::cli
