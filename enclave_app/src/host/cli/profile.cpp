#include "cli/profile.hpp"

#include <cstdlib>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "cli/files.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace ben::cli {
namespace {

constexpr std::size_t text_bytes_max = 4096;
constexpr std::size_t config_bytes_max = 64UL * 1024;
constexpr std::size_t descriptors_max = 32;

constexpr StaticText bad_form = "the node profile has a member that is missing, unknown or of the wrong form";

// The member's text, or nothing for null.
std::optional<std::string> text_or_null(json::ObjectReader& reader, StaticText key, std::size_t bytes_max) {
  const json::Value& value = reader.value(key);
  if (value.is_null()) return std::nullopt;
  if (value.text() == nullptr || value.text()->size() > bytes_max) {
    reader.fail(key);
    return std::nullopt;
  }
  return *value.text();
}

template <std::size_t N>
std::optional<ByteArray<N>> hex_or_null(json::ObjectReader& reader, StaticText key) {
  const auto text = text_or_null(reader, key, 2 * N);
  if (!text) return std::nullopt;
  const auto bytes = parse_hex_array<N>(*text);
  if (bytes) return *bytes;
  reader.fail(key);
  return std::nullopt;
}

template <std::size_t N>
std::string hex_of(const std::optional<ByteArray<N>>& bytes) {
  return bytes ? encode_hex(*bytes) : std::string();
}

std::vector<PinnedDescriptor> read_descriptors(json::ObjectReader& reader) {
  std::vector<PinnedDescriptor> descriptors;
  for (const json::Value& item : reader.array("descriptors", descriptors_max)) {
    json::ObjectReader member(item);
    PinnedDescriptor pinned{.account = std::string(member.text("account", text_bytes_max)),
                            .descriptor = std::string(member.text("descriptor", text_bytes_max))};
    if (!member.finish("profile-form", bad_form)) reader.fail("descriptors");
    descriptors.push_back(std::move(pinned));
  }
  return descriptors;
}

std::optional<verify::Measurements> read_measurements(json::ObjectReader& reader) {
  const json::Value& value = reader.value("measurements");
  if (value.is_null()) return std::nullopt;
  json::ObjectReader member(value);
  const verify::Measurements measurements{
      .pcr0 = member.hex<48>("PCR0"), .pcr1 = member.hex<48>("PCR1"), .pcr2 = member.hex<48>("PCR2")};
  if (!member.finish("profile-form", bad_form)) reader.fail("measurements");
  return measurements;
}

std::optional<wire::Envelope> read_certificate(json::ObjectReader& reader) {
  const json::Value& value = reader.value("certificate");
  if (value.is_null()) return std::nullopt;
  auto envelope = wire::parse_envelope(value);
  if (envelope) return *std::move(envelope);
  reader.fail("certificate");
  return std::nullopt;
}

std::string encode_pins(const verify::Measurements& measurements) {
  return json::ObjectWriter()
      .text("PCR0", encode_hex(measurements.pcr0))
      .text("PCR1", encode_hex(measurements.pcr1))
      .text("PCR2", encode_hex(measurements.pcr2))
      .finish();
}

}  // namespace

std::filesystem::path default_profile_path() {
  // The program is single-threaded: nobody changes the environment meanwhile.
  const char* config_home = std::getenv("XDG_CONFIG_HOME");  // NOLINT(concurrency-mt-unsafe)
  if (config_home != nullptr && *config_home == '/')
    return std::filesystem::path(config_home) / "benctl/node.json";
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
  return std::filesystem::path(home == nullptr ? "." : home) / ".config/benctl/node.json";
}

Result<Profile> parse_profile(std::string_view text) {
  const auto parsed = json::parse(as_bytes(text));
  if (!parsed) return Error{ErrorCode::malformed, "profile-form", parsed.error().reason};
  json::ObjectReader reader(*parsed);
  Profile profile;
  (void)reader.integer("version", 1, 1);
  profile.url = text_or_null(reader, "url", text_bytes_max).value_or("");
  const auto root = parse_base64(text_or_null(reader, "root", text_bytes_max).value_or(""));
  if (!root) reader.fail("root");
  profile.measurements = read_measurements(reader);
  profile.config = text_or_null(reader, "config", config_bytes_max);
  profile.pcr3 = hex_or_null<48>(reader, "pcr3");
  profile.wallet_id = hex_or_null<32>(reader, "wallet_id");
  profile.descriptors = read_descriptors(reader);
  profile.certificate = read_certificate(reader);
  profile.policy_epoch_min = reader.integer("policy_epoch_min", 0, INT64_MAX);
  if (!reader.value("log_head").is_null()) reader.fail("log_head");
  profile.key = text_or_null(reader, "key", text_bytes_max).value_or("");
  const auto finished = reader.finish("profile-form", bad_form);
  if (!finished) return finished.error();
  profile.root = *root;
  return profile;
}

std::string encode_profile(const Profile& profile) {
  json::ArrayWriter descriptors;
  for (const PinnedDescriptor& pinned : profile.descriptors) {
    descriptors.raw(
        json::ObjectWriter().text("account", pinned.account).text("descriptor", pinned.descriptor).finish());
  }
  return json::ObjectWriter()
      .integer("version", 1)
      .text_or_null("url", profile.url)
      .text_or_null("root", encode_base64(profile.root))
      .raw("measurements", profile.measurements ? encode_pins(*profile.measurements) : "null")
      .text_or_null("config", profile.config.value_or(""))
      .text_or_null("pcr3", hex_of(profile.pcr3))
      .text_or_null("wallet_id", hex_of(profile.wallet_id))
      .raw("descriptors", descriptors.finish())
      .raw("certificate", profile.certificate ? wire::encode_envelope(*profile.certificate) : "null")
      .integer("policy_epoch_min", profile.policy_epoch_min)
      .null("log_head")
      .text_or_null("key", profile.key)
      .finish();
}

std::optional<Profile> load_profile(const std::filesystem::path& path) {
  const auto bytes = read_file_if_present(path);
  if (!bytes) return std::nullopt;
  return value_or_stop(parse_profile(as_text(*bytes)), path.string());
}

void save_profile(const std::filesystem::path& path, const Profile& profile) {
  replace_file(path, as_bytes(indent_json(encode_profile(profile))));
}

std::filesystem::path beside_profile(const std::filesystem::path& profile, std::string_view suffix) {
  return profile.parent_path() / (profile.stem().string() + "." + std::string(suffix));
}

}  // namespace ben::cli
