#include "policy/policy.hpp"

#include "base/hex.hpp"
#include "bitcoin/address.hpp"
#include "json/object_reader.hpp"

namespace ben::policy {
namespace {

constexpr StaticText bad_policy = "policy: a member is missing, unknown or of the wrong form";
constexpr std::int64_t sats_max = 2'100'000'000'000'000;  // 21 million BTC

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && name != "any" && name != "self" &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

Error form_error(StaticText key) {
  return malformed("policy-form", bad_policy, key);
}

Result<std::vector<Group>> parse_groups(const json::Value& value) {
  const json::Object* members = value.object();
  if (members == nullptr || members->empty() || members->size() > groups_max) return form_error("keys");
  std::vector<Group> groups;
  for (const auto& [name, keys_value] : *members) {
    const json::Array* items = keys_value.array();
    if (!is_name(name) || items == nullptr || items->empty() || items->size() > group_keys_max)
      return form_error("keys");
    Group group{.name = name, .keys = {}};
    for (const json::Value& item : *items) {
      const auto key = parse_hex_array<32>(item.text() == nullptr ? "" : std::string_view(*item.text()));
      if (!key) return form_error("keys");
      group.keys.push_back(*key);
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

Result<std::vector<DestinationList>> parse_lists(const json::Value& value, bitcoin::Network network) {
  const json::Object* members = value.object();
  if (members == nullptr || members->size() > lists_max) return form_error("destinations");
  std::vector<DestinationList> lists;
  for (const auto& [name, addresses] : *members) {
    const json::Array* items = addresses.array();
    if (!is_name(name) || items == nullptr || items->size() > list_addresses_max)
      return form_error("destinations");
    DestinationList list{.name = name, .scripts = {}};
    for (const json::Value& item : *items) {
      auto script =
          bitcoin::parse_address(network, item.text() == nullptr ? "" : std::string_view(*item.text()));
      if (!script) return form_error("destinations: an address is not one of this network");
      list.scripts.push_back(std::move(*script));
    }
    std::sort(list.scripts.begin(), list.scripts.end());
    lists.push_back(std::move(list));
  }
  return lists;
}

// The mask of the named ones; zero, which no rule may have, when a name is unknown.
template <typename Named>
std::uint64_t mask_of(std::span<const json::Value> names, const std::vector<Named>& known,
                      bool with_reserved) {
  std::uint64_t mask = 0;
  for (const json::Value& item : names) {
    const std::string_view name = item.text() == nullptr ? "" : std::string_view(*item.text());
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const Named& named) { return named.name == name; });
    if (found != known.end()) {
      mask |= std::uint64_t{1} << static_cast<std::size_t>(found - known.begin());
    } else if (with_reserved && name == "self") {
      mask |= self_bit;
    } else if (with_reserved && name == "any") {
      mask |= any_bit;
    } else {
      return 0;
    }
  }
  return mask;
}

Result<Rule> parse_rule(const json::Value& value, const Policy& policy) {
  json::ObjectReader reader(value);
  Rule rule{};
  rule.name = reader.text("name", name_bytes_max);
  if (!is_name(rule.name)) reader.fail("rules.name");
  rule.from = mask_of(reader.array("from", groups_max), policy.groups, false);
  if (rule.from == 0) reader.fail("rules.from");
  rule.destinations = mask_of(reader.array("dest", lists_max + 2), policy.lists, true);
  if (rule.destinations == 0) reader.fail("rules.dest");
  rule.outflow_sats_max = static_cast<std::uint64_t>(reader.integer("outflow_max_sats", 0, sats_max));
  json::ObjectReader fee(reader.value("fee"));
  rule.fee_sats_max = static_cast<std::uint64_t>(fee.integer("max_sats", 0, sats_max));
  rule.fee_sats_per_vbyte_max = static_cast<std::uint64_t>(fee.integer("max_sats_per_vbyte", 0, sats_max));
  if (!fee.finish("policy-form", bad_policy)) reader.fail("rules.fee");
  const auto finished = reader.finish("policy-form", bad_policy);
  if (!finished) return finished.error();
  return rule;
}

// What a destination is: the lists it is in, and whether it is ours.
std::uint64_t destination_mask(const Policy& policy, const bitcoin::Destination& destination) {
  std::uint64_t mask = any_bit | (destination.is_self ? self_bit : 0);
  for (std::size_t i = 0; i < policy.lists.size(); ++i) {
    const auto& scripts = policy.lists[i].scripts;
    if (std::binary_search(scripts.begin(), scripts.end(), destination.script)) mask |= std::uint64_t{1} << i;
  }
  return mask;
}

std::uint64_t groups_of(const Policy& policy, std::span<const Ed25519PublicKey> requesters) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < policy.groups.size(); ++i) {
    const auto& keys = policy.groups[i].keys;
    const bool is_member =
        std::any_of(requesters.begin(), requesters.end(), [&](const Ed25519PublicKey& requester) {
          return std::find(keys.begin(), keys.end(), requester) != keys.end();
        });
    if (is_member) mask |= std::uint64_t{1} << i;
  }
  return mask;
}

}  // namespace

Result<Policy> parse_policy(ByteView payload) {
  const auto value = json::parse(payload);
  if (!value) return malformed("policy-form", value.error().reason);
  json::ObjectReader reader(*value);
  (void)reader.integer("version", 1, 1);
  const auto network = bitcoin::parse_network(reader.text("network", 16));
  if (!network) reader.fail("network");
  Policy policy{};
  policy.wallet_id = reader.hex<32>("wallet_id");
  policy.epoch = reader.integer("epoch", 1, INT64_MAX);
  if (!reader.value("prev").is_null()) policy.previous = reader.hex<32>("prev");
  json::ObjectReader change(reader.value("change"));
  policy.change_index_max = static_cast<std::uint32_t>(change.integer("max_index", 0, INT32_MAX));
  if (!change.finish("policy-form", bad_policy)) reader.fail("change.max_index");
  const json::Value& groups_value = reader.value("keys");
  const json::Value& lists_value = reader.value("destinations");
  const auto rule_items = reader.array("rules", rules_max);
  const auto finished = reader.finish("policy-form", bad_policy);
  if (!finished) return finished.error();

  policy.network = *network;
  auto groups = parse_groups(groups_value);
  if (!groups) return groups.error();
  policy.groups = std::move(*groups);
  auto lists = parse_lists(lists_value, policy.network);
  if (!lists) return lists.error();
  policy.lists = std::move(*lists);
  for (const json::Value& item : rule_items) {
    auto rule = parse_rule(item, policy);
    if (!rule) return rule.error();
    const bool is_repeated = std::any_of(policy.rules.begin(), policy.rules.end(),
                                         [&](const Rule& other) { return other.name == rule->name; });
    if (is_repeated) return form_error("rules.name");
    policy.rules.push_back(std::move(*rule));
  }
  return policy;
}

std::vector<Ed25519PublicKey> requester_keys(const Policy& policy) {
  std::vector<Ed25519PublicKey> keys;
  for (const Group& group : policy.groups) keys.insert(keys.end(), group.keys.begin(), group.keys.end());
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

Result<std::size_t> admit_transaction(const Policy& policy, std::span<const Ed25519PublicKey> requesters,
                                      const bitcoin::Review& review) {
  const std::uint64_t groups = groups_of(policy, requesters);
  std::vector<std::uint64_t> destinations;
  destinations.reserve(review.destinations.size());
  for (const bitcoin::Destination& destination : review.destinations)
    destinations.push_back(destination_mask(policy, destination));

  Error closest = refused("policy-requester", "policy: no rule is for this requester");
  bool destination_fits = false;
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    if ((rule.from & groups) == 0) continue;
    const bool listed = std::all_of(destinations.begin(), destinations.end(),
                                    [&](std::uint64_t mask) { return (mask & rule.destinations) != 0; });
    if (!listed) {
      if (!destination_fits)
        closest = refused("policy-destination", "policy: no rule of this requester lists every destination");
      continue;
    }
    destination_fits = true;
    if (review.outflow_sats > rule.outflow_sats_max) {
      closest = refused("policy-outflow", "policy: the outflow, fee included, is over every rule's limit");
      continue;
    }
    if (review.fee_sats > rule.fee_sats_max)
      return refused("policy-fee", "policy: the fee is over the rule's limit");
    if (review.fee_rate_sats_per_vbyte > rule.fee_sats_per_vbyte_max)
      return refused("policy-fee-rate", "policy: the fee rate is over the rule's limit");
    return i;
  }
  return closest;
}

}  // namespace ben::policy
