#include "policy/policy.hpp"

#include "bitcoin/address.hpp"
#include "json/object_reader.hpp"

namespace ben::policy {
namespace {

constexpr StaticText bad_policy = "policy: a member is missing, unknown or of the wrong form";
constexpr std::int64_t sats_max = 2'100'000'000'000'000;  // 21 million BTC

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && name != "any" && name != "self" &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == name.npos;
}

Error form_error(StaticText key) { return malformed("policy-form", bad_policy, key); }

// {"name":["item",...],...}: the lists, each with its items as `parse_item` reads them.
template <typename List, typename Item, typename ParseItem>
Result<std::vector<List>> parse_lists(const json::Value& value, std::size_t count_max, StaticText key,
                                      std::vector<Item> List::* items, std::size_t items_max,
                                      ParseItem parse_item) {
  const json::Object* members = value.object();
  if (members == nullptr || members->size() > count_max) return form_error(key);
  std::vector<List> lists;
  for (const auto& [name, texts_value] : *members) {
    const json::Array* texts = texts_value.array();
    if (!is_name(name) || texts == nullptr || texts->size() > items_max) return form_error(key);
    lists.push_back({.name = name});
    for (const json::Value& text : *texts) {
      auto item = parse_item(text.text_or_empty());
      if (!item) return form_error(key);
      (lists.back().*items).push_back(std::move(*item));
    }
  }
  return lists;
}

// The mask of the named ones; zero, which no rule may have, when a name is unknown.
template <typename Named>
std::uint64_t mask_of(std::span<const json::Value> names, const std::vector<Named>& known,
                      bool with_reserved) {
  std::uint64_t mask = 0;
  for (const json::Value& item : names) {
    const std::string_view name = item.text_or_empty();
    const auto found = std::ranges::find(known, name, &Named::name);
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
  BEN_TRY(reader.finish("policy-form", bad_policy));
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
    const bool has_member =
        std::ranges::find_first_of(policy.groups[i].keys, requesters) != policy.groups[i].keys.end();
    if (has_member) mask |= std::uint64_t{1} << i;
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
  BEN_TRY(reader.finish("policy-form", bad_policy));

  policy.network = *network;
  BEN_TRY(policy.groups,
          parse_lists(groups_value, groups_max, "keys", &Group::keys, group_keys_max, parse_hex_array<32>));
  const auto is_empty = [](const Group& group) { return group.keys.empty(); };
  if (policy.groups.empty() || std::ranges::any_of(policy.groups, is_empty)) return form_error("keys");
  BEN_TRY(policy.lists,
          parse_lists(lists_value, lists_max, "destinations", &DestinationList::scripts, list_addresses_max,
                      [&](std::string_view text) { return bitcoin::parse_address(*network, text); }));
  for (DestinationList& list : policy.lists) std::ranges::sort(list.scripts);
  for (const json::Value& item : rule_items) {
    BEN_TRY(auto rule, parse_rule(item, policy));
    const bool is_repeated = std::ranges::find(policy.rules, rule.name, &Rule::name) != policy.rules.end();
    if (is_repeated) return form_error("rules.name");
    policy.rules.push_back(std::move(rule));
  }
  return policy;
}

std::vector<Ed25519PublicKey> requester_keys(const Policy& policy) {
  std::vector<Ed25519PublicKey> keys;
  for (const Group& group : policy.groups) keys.insert(keys.end(), group.keys.begin(), group.keys.end());
  std::ranges::sort(keys);
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
