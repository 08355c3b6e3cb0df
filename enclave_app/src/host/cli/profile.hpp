// The node profile: where a node is and what must be true of it. One JSON file, whole in itself, that every
// command reads and only `profile new`, `genesis`, `policy set` and `blob restore` write.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "verify/measurements.hpp"
#include "wire/dsse.hpp"

namespace ben::cli {

struct PinnedDescriptor {
  std::string account;  // "bip84/0"
  std::string descriptor;
};

struct Profile {
  std::string url;  // of POST /rpc, without the path
  Bytes root;       // DER of the root to trust; empty: AWS's
  std::optional<verify::Measurements> measurements;
  std::optional<std::string> config;  // its exact bytes
  std::optional<Hash256> wallet_id;
  std::vector<PinnedDescriptor> descriptors;
  std::optional<wire::Envelope> certificate;
  std::int64_t policy_epoch_min = 0;
  std::optional<Hash384> pcr3;
  std::string key;  // file of the requester's key; empty: none
};

// ${XDG_CONFIG_HOME:-~/.config}/benctl/node.json.
[[nodiscard]] std::filesystem::path default_profile_path();

// Fails with `malformed` (profile-form, the member as detail).
Result<Profile> parse_profile(std::string_view text);
[[nodiscard]] std::string encode_profile(const Profile& profile);

// Nothing when there is no file. Stops: file-read, profile-form.
std::optional<Profile> load_profile(const std::filesystem::path& path);

// Replaced whole or not at all. Stops: file-write.
void save_profile(const std::filesystem::path& path, const Profile& profile);

// Files that lie beside the profile and belong to it: node.json -> node.<suffix>.
[[nodiscard]] std::filesystem::path beside_profile(const std::filesystem::path& profile,
                                                   std::string_view suffix);

}  // namespace ben::cli
