#include "cli/descriptors.hpp"

#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "json/reader.hpp"
#include "watch/account_descriptor.hpp"

namespace ben::cli {
namespace {

Stop bad_descriptors(const std::string& what) { return {"answer-descriptors", "get_descriptors: " + what}; }

void require_descriptors(const Profile& profile) {
  if (!profile.descriptors.empty()) return;
  throw Stop("descriptors-missing",
             "the profile pins no descriptors: run benctl genesis, or benctl descriptors --pin");
}

}  // namespace

const bitcoin::Curve& public_curve() {
  static const bitcoin::Curve curve{Secret<32>()};
  return curve;
}

std::vector<PinnedDescriptor> fetch_descriptors(NodeClient& client, const policy::Config& config) {
  const SignerAnswer answer = client.call("get_descriptors", "{}");
  json::ObjectReader reader(answer.value);
  const auto items = reader.array("descriptors", policy::config_accounts_max);
  if (!reader.finish("answer-form", "") || items.size() != config.accounts.size())
    throw bad_descriptors("the signer does not give one descriptor for each account of the config");

  std::vector<PinnedDescriptor> descriptors;
  std::vector<bitcoin::Account> accounts;
  for (std::size_t i = 0; i < items.size(); ++i) {
    json::ObjectReader item(items[i]);
    PinnedDescriptor pinned{.account = std::string(item.text("account", 32)),
                            .descriptor = std::string(item.text("descriptor", watch::descriptor_chars_max))};
    const bool complete = item.finish("answer-form", "").has_value();
    auto account = watch::parse_descriptor(public_curve(), config.network, pinned.descriptor);
    const bool is_expected = complete && account && account->id == config.accounts[i] &&
                             pinned.account == policy::account_name(account->id);
    if (!is_expected)
      throw bad_descriptors("not the descriptor of account " + policy::account_name(config.accounts[i]));
    if (!accounts.empty() && account->master_fingerprint != accounts.front().master_fingerprint)
      throw bad_descriptors("the accounts have different master keys");
    accounts.push_back(*account);
    descriptors.push_back(std::move(pinned));
  }
  return descriptors;
}

std::vector<bitcoin::Account> pinned_accounts(const Profile& profile, bitcoin::Network network) {
  require_descriptors(profile);
  std::vector<bitcoin::Account> accounts;
  accounts.reserve(profile.descriptors.size());
  for (const PinnedDescriptor& pinned : profile.descriptors) {
    accounts.push_back(value_or_stop(watch::parse_descriptor(public_curve(), network, pinned.descriptor),
                                     "the profile's descriptor"));
  }
  return accounts;
}

bitcoin::Account pinned_account(const Profile& profile, bitcoin::Network network, std::string_view name) {
  std::string known;
  for (const bitcoin::Account& account : pinned_accounts(profile, network)) {
    if (policy::account_name(account.id) == name) return account;
    known.append(" ").append(policy::account_name(account.id));
  }
  throw Stop("account-unknown", "the wallet has no account " + printable(name) + ", but:" + known);
}

}  // namespace ben::cli
