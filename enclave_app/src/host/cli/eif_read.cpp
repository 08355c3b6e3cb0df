#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "cli/commands.hpp"
#include "cli/eif_image.hpp"
#include "cli/eif_options.hpp"
#include "cli/files.hpp"
#include "cli/node.hpp"
#include "cli/stop.hpp"
#include "eif/difference.hpp"
#include "json/writer.hpp"
#include "verify/judgement.hpp"
#include "verify/measurements.hpp"

namespace ben::cli {
namespace {

std::string to_json(const std::vector<std::string>& texts) {
  json::ArrayWriter array;
  for (const std::string& text : texts) array.text(text);
  return array.finish();
}

// One check of verify_eif: a line, and a member of the object.
class Checks {
 public:
  explicit Checks(Output& output) : output_(output) {}

  void say(std::string_view name, bool passed) {
    output_.json_fact(name, passed ? "true" : "false");
    std::string words(name);
    std::ranges::replace(words, '_', ' ');
    output_.line((passed ? "ok    " : "NO    ") + words);
    all_passed_ = all_passed_ && passed;
  }
  [[nodiscard]] bool all_passed() const noexcept { return all_passed_; }

 private:
  Output& output_;
  bool all_passed_ = true;
};

bool has_measurements(const eif::Measurements& measured, const std::string& file) {
  const verify::Measurements pinned = value_or_stop(verify::parse_measurements(read_text_file(file)), file);
  return pinned == verify::Measurements{.pcr0 = measured.pcr0, .pcr1 = measured.pcr1, .pcr2 = measured.pcr2};
}

bool is_signed_by(const eif::Description& description, const std::string& file) {
  const auto certificate = value_or_stop(eif::parse_certificate(read_file(file)), file);
  const auto pinned = value_or_stop(eif::describe_certificate(certificate.get()), file);
  return description.certificate && description.certificate->der == pinned.der;
}

}  // namespace

eif::Architecture parse_architecture(const std::string& name) {
  if (name == "x86_64") return eif::Architecture::x86_64;
  if (name == "aarch64") return eif::Architecture::aarch64;
  throw UsageStop("--arch is x86_64 or aarch64, not: " + name);
}

OpenImage open_image(const EifImage& image) {
  auto file = value_or_stop(eif::FileInput::open(image.path), image.path);
  std::uint64_t failed_at = 0;
  auto description = eif::describe_eif(*file, &failed_at, parse_architecture(image.architecture));
  if (!description) {
    const Stop stop = stop_of(description.error(), image.path);
    throw Stop(stop.tag(), std::string(stop.what()) + " (at byte " + std::to_string(failed_at) + ")");
  }
  return {std::move(file), *std::move(description)};
}

std::string measurements_json(const eif::Measurements& measurements) {
  json::ObjectWriter object;
  object.text("HashAlgorithm", "Sha384 { ... }");
  object.text("PCR0", encode_hex(measurements.pcr0));
  object.text("PCR1", encode_hex(measurements.pcr1));
  object.text("PCR2", encode_hex(measurements.pcr2));
  if (measurements.pcr8) object.text("PCR8", encode_hex(*measurements.pcr8));
  return object.finish();
}

void say_measurements(const eif::Measurements& measurements, Output& output) {
  output.fact("PCR0", encode_hex(measurements.pcr0));
  output.fact("PCR1", encode_hex(measurements.pcr1));
  output.fact("PCR2", encode_hex(measurements.pcr2));
  if (measurements.pcr8) output.fact("PCR8", encode_hex(*measurements.pcr8));
}

int measure_eif(const EifImage& image, Output& output) {
  const eif::Measurements measurements = open_image(image).description.measurements;
  // A measurements file for people too: `benctl eif measure image.eif > measurements.json`.
  output.json_fact("HashAlgorithm", R"("Sha384 { ... }")");
  say_measurements(measurements, output);
  output.content(indent_json(measurements_json(measurements)));
  return exit_yes;
}

int describe_eif(const EifImage& image, Output& output) {
  const std::string text = eif::encode_description(open_image(image).description);
  const auto object = nlohmann::ordered_json::parse(text);
  for (const auto& [name, value] : object.items()) output.json_fact(name, value.dump());
  output.content(text + "\n");
  return exit_yes;
}

int extract_eif(const EifImage& image, const std::string& out, Output& output) {
  const OpenImage opened = open_image(image);
  (void)value_or_stop(eif::extract_eif(*opened.file, opened.description, out), out);
  output.fact("folder", out).fact("sections", static_cast<std::int64_t>(opened.description.sections.size()));
  return exit_yes;
}

int diff_eif(const EifImage& first, const std::string& second, Output& output) {
  const OpenImage a = open_image(first);
  const OpenImage b = open_image({.path = second, .architecture = first.architecture});
  const auto found = value_or_stop(eif::diff_eif(*a.file, a.description, *b.file, b.description),
                                   first.path + ", " + second);
  json::ArrayWriter differences;
  for (const eif::Difference& difference : found) {
    differences.raw(json::ObjectWriter()
                        .text("section", difference.section)
                        .text("what", difference.what)
                        .raw("files", to_json(difference.files))
                        .raw("moved", to_json(difference.moved))
                        .finish());
    std::string moved;
    for (const std::string& pcr : difference.moved) moved.append(moved.empty() ? "moves " : ", ").append(pcr);
    if (moved.empty()) moved = "moves no measurement";
    output.line(difference.section + ": " + difference.what + "; " + moved);
    for (const std::string& file : difference.files) output.line("  " + printable(file));
  }
  output.json_fact("differences", differences.finish());
  if (found.empty()) output.line("the same image");
  return found.empty() ? exit_yes : exit_no;
}

int show_pcr3(const std::string& role_arn, Output& output) {
  if (!role_arn.starts_with("arn:") || role_arn.find(":iam::") == std::string::npos ||
      role_arn.find(":role/") == std::string::npos)
    throw UsageStop("want the ARN of an IAM role, arn:aws:iam::ACCOUNT:role/NAME, not: " + role_arn);
  output.fact("pcr3", encode_hex(verify::pcr3_of_role(role_arn)));
  return exit_yes;
}

int verify_eif(const EifVerifyOptions& options, Output& output) {
  if (options.measurements.empty() && options.certificate.empty()) {
    throw UsageStop("verify against what? give --measurements, --cert, or both");
  }
  const auto time_s = parse_time(options.at).time_s;
  if (!time_s) throw UsageStop("--at is now or seconds since 1970");
  const OpenImage image = open_image(options.image);
  const eif::Description& description = image.description;
  Checks checks(output);
  checks.say("form", true);  // or open_image had stopped
  if (!options.measurements.empty()) {
    checks.say("measurements", has_measurements(description.measurements, options.measurements));
  }
  if (!options.certificate.empty()) {
    checks.say("certificate", is_signed_by(description, options.certificate));
  }
  if (description.certificate) {
    checks.say("signature", true);  // the same
    const auto in_time =
        eif::admit_certificate_dates(*description.certificate, static_cast<std::int64_t>(*time_s));
    checks.say("certificate_date", in_time.has_value());
  }
  say_measurements(description.measurements, output);
  return checks.all_passed() ? exit_yes : exit_no;
}

}  // namespace ben::cli
