#include "base/hex.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/node.hpp"
#include "cli/stop.hpp"

namespace ben::cli {
namespace {

template <std::size_t N>
std::optional<std::string> hex_of(const std::optional<ByteArray<N>>& bytes) {
  if (!bytes) return std::nullopt;
  return encode_hex(*bytes);
}

std::optional<std::string> text_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

void say_profile(const Node& node, Output& output) {
  const Profile& profile = node.profile;
  output.fact("profile", node.profile_path.string());
  output.fact_or_none("url", text_of(profile.url));
  output.fact("root", profile.root.empty() ? "AWS Nitro Enclaves, G1"
                                           : "TEST ROOT " + encode_hex(sha256(profile.root)));
  if (profile.measurements) {
    output.fact("pcr0", encode_hex(profile.measurements->pcr0));
    output.fact("pcr1", encode_hex(profile.measurements->pcr1));
    output.fact("pcr2", encode_hex(profile.measurements->pcr2));
  }
  if (profile.config) output.fact("config_hash", encode_hex(sha256(as_bytes(*profile.config))));
  output.fact_or_none("pcr3", hex_of(profile.pcr3));
  output.fact_or_none("wallet_id", hex_of(profile.wallet_id));
  output.yes_or_no("certificate", profile.certificate.has_value());
  output.fact("policy_epoch_min", profile.policy_epoch_min);
  output.fact_or_none("key", text_of(profile.key));
  json::ArrayWriter descriptors;
  for (const PinnedDescriptor& pinned : profile.descriptors) {
    descriptors.raw(
        json::ObjectWriter().text("account", pinned.account).text("descriptor", pinned.descriptor).finish());
    output.line(printable(pinned.account + "  " + pinned.descriptor));
  }
  output.json_fact("descriptors", descriptors.finish());
}

}  // namespace

int new_profile(const ProfileNewOptions& options, Output& output) {
  Node node{
      .profile_path = profile_path_of(options.node), .profile = {}, .stored_url = {}, .stored_root = {}};
  const FileLock lock(node.profile_path);
  if (options.update) {
    node = load_node(options.node);
  } else {
    stop_if_present(node.profile_path);
    if (options.node.url.empty() || options.measurements.empty() || options.config.empty())
      throw UsageStop("a new profile needs --url, --measurements and --config");
  }
  Profile& profile = node.profile;
  if (!options.node.url.empty()) profile.url = options.node.url;
  (void)HttpTransport(profile.url);  // refuses a URL that no command could use
  if (!options.node.root.empty()) profile.root = read_root_file(options.node.root);
  if (!options.measurements.empty()) {
    profile.measurements =
        value_or_stop(verify::parse_measurements(read_text_file(options.measurements)), options.measurements);
  }
  if (!options.config.empty()) profile.config = read_text_file(options.config);
  (void)config_of(profile);
  if (!options.wallet.empty()) profile.wallet_id = parse_wallet_id(options.wallet);
  if (!options.certificate.empty()) profile.certificate = read_envelope_file(options.certificate);
  if (!options.pcr3.empty()) profile.pcr3 = parse_pcr("--pcr3", options.pcr3);
  if (options.policy_epoch_min >= 0) profile.policy_epoch_min = options.policy_epoch_min;
  if (!options.key.empty()) profile.key = std::filesystem::absolute(options.key).string();
  save_profile(node.profile_path, profile);
  say_profile(node, output);
  return exit_yes;
}

int show_profile(const NodeOptions& options, Output& output) {
  say_profile(load_node(options), output);
  return exit_yes;
}

}  // namespace ben::cli
