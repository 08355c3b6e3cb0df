// Descriptors of a wallet as the attested signer gives them, checked against the config, and what benctl
// derives from them by itself.
#pragma once

#include <string_view>
#include <vector>

#include "cli/node_client.hpp"
#include "cli/profile.hpp"
#include "policy/config.hpp"

namespace ben::cli {

// A curve for public work: nothing secret is blinded by it.
[[nodiscard]] const bitcoin::Curve& public_curve();

// Asks get_descriptors. Stops: answer-descriptors unless there is exactly one well-formed descriptor for each
// account of the config, in its order, all of one master key.
std::vector<PinnedDescriptor> fetch_descriptors(NodeClient& client, const policy::Config& config);

// The accounts of the pinned descriptors. Stops: descriptors-missing, key-….
std::vector<bitcoin::Account> pinned_accounts(const Profile& profile, bitcoin::Network network);

// The pinned account of that name. Stops: descriptors-missing, account-unknown.
bitcoin::Account pinned_account(const Profile& profile, bitcoin::Network network, std::string_view name);

}  // namespace ben::cli
