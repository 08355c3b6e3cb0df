// Spending policies as text: made from flags, and explained in sentences.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "policy/policy.hpp"

namespace ben::cli {

// The policy of these flags, indented JSON that policy::parse_policy takes. Stops: usage, key-public,
// policy-form.
std::string make_policy_text(const PolicyNewOptions& options, const std::string& network,
                             const std::string& wallet_id);

// What a policy allows, one sentence a line, the last of which says that all else is refused.
[[nodiscard]] std::vector<std::string> explain(const policy::Policy& policy);

}  // namespace ben::cli
