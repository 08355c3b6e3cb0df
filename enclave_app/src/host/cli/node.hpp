// The node a command works with: its profile, and the connection that the profile and the flags name.
#pragma once

#include <filesystem>
#include <memory>

#include "cli/commands.hpp"
#include "cli/node_client.hpp"
#include "cli/profile.hpp"
#include "policy/config.hpp"

namespace ben::cli {

struct Node {
  std::filesystem::path profile_path;
  Profile profile;         // with the flags' URL and root
  std::string stored_url;  // what the file says of these two
  Bytes stored_root;
};

// Writes the profile back; the flags of one command are not remembered.
void save_node(const Node& node);

[[nodiscard]] std::filesystem::path profile_path_of(const NodeOptions& options);

// The profile, with --url and --root in place of its own. Stops: profile-missing and those of load_profile.
Node load_node(const NodeOptions& options);

// An empty profile in place of a missing one.
Node load_node_or_empty(const NodeOptions& options);

// A certificate file as DER: it may be PEM or DER. Stops: file-read, root-file.
Bytes read_root_file(const std::string& path);

// Parses what a person gave. Stops: usage.
Hash256 parse_wallet_id(const std::string& hex);
Hash384 parse_pcr(const std::string& flag, const std::string& hex);
// "now", "doc" (nothing) or seconds since 1970.
verify::JudgedAt parse_time(const std::string& text);

// A DSSE from a file. Stops: file-read, auth-envelope.
wire::Envelope read_envelope_file(const std::string& path);

// The config that the profile pins, parsed. Stops: config-missing, config-….
struct PinnedConfig {
  std::string text;
  policy::Config parsed;
};
PinnedConfig config_of(const Profile& profile);

// The measurements that the profile pins. Stops: not-pinned.
verify::Measurements measurements_of(const Profile& profile);

// A node that is connected and believed under every pin of its profile but the waived ones.
class ConnectedNode {
 public:
  ConnectedNode(const Node& node, const verify::Waivers& waivers);

  NodeClient& client() noexcept { return client_; }
  [[nodiscard]] const verify::Statement& statement() const noexcept { return client_.statement(); }

  // Judges it again, by fresh evidence and perhaps other pins.
  void reconnect(const Profile& profile, const verify::Waivers& waivers);

 private:
  std::unique_ptr<Transport> transport_;
  NodeClient client_;
};

// Says on standard error that the evidence is signed by a test root.
void warn_of_test_root(const NodeClient& client);

}  // namespace ben::cli
