// Config and policy take any bytes; what parses keeps the limits that the signer relies on.
#include <cstdlib>

#include "policy/policy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ben::ByteView input(data, size);
  const auto config = ben::policy::parse_config(input);
  if (config) {
    const auto& admins = config->admins;
    if (admins.threshold == 0 || admins.threshold > admins.keys.size()) std::abort();
    if (config->accounts.empty() || config->accounts.size() > ben::policy::config_accounts_max) std::abort();
    if (config->network == ben::bitcoin::Network::main) std::abort();
  }
  const auto policy = ben::policy::parse_policy(input);
  if (policy) {
    if (policy->groups.empty() || policy->rules.size() > ben::policy::rules_max || policy->epoch < 1)
      std::abort();
    for (const auto& rule : policy->rules) {
      if (rule.from == 0 || rule.destinations == 0) std::abort();
    }
  }
  return 0;
}
