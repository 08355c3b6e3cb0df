#include "policy/policy.hpp"

#include "bitcoin/address.hpp"

namespace ben::policy {
namespace {

constexpr StaticText bad_policy = "policy: a member is missing, unknown or of the wrong form";
constexpr std::int64_t sats_max = 2'100'000'000'000'000;  // 21 million BTC

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && name != "any" && name != "self" &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == name.npos;
}

Error form_error(StaticText key) { return malformed("policy-form", bad_policy, key); }

// {"name":["item",...],...}: adds the lists to `lists`, each with its items as `parse_item` reads them.
template <typename Item, typename ParseItem>
Result<> parse_lists(const json::Value& value, std::size_t count_max, StaticText key, std::size_t items_max,
                     ParseItem parse_item, std::vector<Named<Item>>& lists) {
  const json::Object* members = value.object();
  if (members == nullptr || members->size() > count_max) return form_error(key);
  for (const auto& [name, texts_value] : *members) {
    const json::Array* texts = texts_value.array();
    if (!is_name(name) || texts == nullptr || texts->size() > items_max) return form_error(key);
    lists.push_back({.name = name});
    for (const json::Value& text : *texts) {
      auto item = parse_item(text.text_or_empty());
      if (!item) return form_error(key);
      lists.back().items.push_back(std::move(*item));
    }
  }
  return Ok{};
}

// Bit i: whether item i `is` so.
template <typename Item, typename Is>
std::uint64_t mask_where(const std::vector<Item>& items, Is is) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < items.size(); ++i) mask |= std::uint64_t{is(items[i])} << i;
  return mask;
}

// The mask of the named ones; zero, which no rule may have, when a name is unknown.
template <typename Item>
std::uint64_t mask_of(std::span<const json::Value> names, const std::vector<Named<Item>>& known) {
  std::uint64_t mask = 0;
  for (const json::Value& item : names) {
    const auto name = item.text_or_empty();
    const auto named = mask_where(known, [&](const auto& one) { return one.name == name; });
    if (named == 0) return 0;
    mask |= named;
  }
  return mask;
}

Result<Rule> parse_rule(const json::Value& value, const Policy& policy) {
  json::ObjectReader reader(value);
  Rule rule{};
  rule.name = reader.text("name", name_bytes_max);
  if (!is_name(rule.name)) reader.fail("rules.name");
  rule.from = mask_of(reader.array("from", groups_max), policy.groups);
  if (rule.from == 0) reader.fail("rules.from");
  rule.destinations = mask_of(reader.array("dest", lists_max + built_in_lists), policy.lists);
  if (rule.destinations == 0) reader.fail("rules.dest");
  rule.outflow_sats_max = static_cast<std::uint64_t>(reader.integer("outflow_max_sats", 0, sats_max));
  json::ObjectReader fee(reader.value("fee"));
  rule.fee_sats_max = static_cast<std::uint64_t>(fee.integer("max_sats", 0, sats_max));
  rule.fee_sats_per_vbyte_max = static_cast<std::uint64_t>(fee.integer("max_sats_per_vbyte", 0, sats_max));
  if (!fee.finish("policy-form", bad_policy)) reader.fail("rules.fee");
  BEN_TRY(reader.finish("policy-form", bad_policy));
  return rule;
}

}  // namespace

Result<Policy> parse_policy(ByteView payload) {
  BEN_TRY(const auto value, json::parse(payload, "policy-form"));
  json::ObjectReader reader(value);
  Policy policy{};
  (void)reader.integer("version", 1, 1);
  const auto network = bitcoin::parse_network(reader.text("network", 16));
  if (!network) reader.fail("network");
  policy.wallet_id = reader.hex<32>("wallet_id");
  policy.epoch = reader.integer("epoch", 1, INT64_MAX);
  if (!reader.value("prev").is_null()) policy.previous = reader.hex<32>("prev");
  json::ObjectReader change(reader.value("change"));
  policy.change_index_max = static_cast<std::uint32_t>(change.integer("max_index", 0, INT32_MAX));
  if (!change.finish("policy-form", bad_policy)) reader.fail("change.max_index");
  const json::Value& groups = reader.value("keys");
  const json::Value& lists = reader.value("destinations");
  const auto rules = reader.array("rules", rules_max);
  BEN_TRY(reader.finish("policy-form", bad_policy));

  policy.network = *network;
  policy.lists = {{.name = "self"}, {.name = "any"}};
  BEN_TRY(parse_lists(groups, groups_max, "keys", group_keys_max, parse_hex_array<32>, policy.groups));
  const auto is_empty = [](const Group& group) { return group.items.empty(); };
  if (policy.groups.empty() || std::ranges::any_of(policy.groups, is_empty)) return form_error("keys");
  const auto parse_address = [&](std::string_view text) { return bitcoin::parse_address(*network, text); };
  BEN_TRY(parse_lists(lists, lists_max, "destinations", list_addresses_max, parse_address, policy.lists));
  for (DestinationList& list : policy.lists) std::ranges::sort(list.items);
  for (const json::Value& item : rules) {
    BEN_TRY(auto rule, parse_rule(item, policy));
    if (std::ranges::find(policy.rules, rule.name, &Rule::name) != policy.rules.end())
      return form_error("rules.name");
    policy.rules.push_back(std::move(rule));
  }
  return policy;
}

std::vector<Ed25519PublicKey> requester_keys(const Policy& policy) {
  std::vector<Ed25519PublicKey> keys;
  for (const Group& group : policy.groups) keys.insert(keys.end(), group.items.begin(), group.items.end());
  return keys;
}

Result<std::size_t> admit_transaction(const Policy& policy, std::span<const Ed25519PublicKey> requesters,
                                      const bitcoin::Review& review) {
  const auto groups = mask_where(policy.groups, [&](const Group& group) {
    return std::ranges::find_first_of(group.items, requesters) != group.items.end();
  });
  std::vector<std::uint64_t> destinations;  // of each, the lists that it is in
  for (const bitcoin::Destination& destination : review.destinations) {
    const auto lists = mask_where(policy.lists, [&](const DestinationList& list) {
      return std::ranges::binary_search(list.items, destination.script);
    });
    destinations.push_back(lists | any_bit | (destination.is_self ? self_bit : 0));
  }

  bool requester_fits = false;
  bool destinations_fit = false;
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    const auto is_listed = [&](std::uint64_t lists) { return (lists & rule.destinations) != 0; };
    if ((rule.from & groups) == 0) continue;
    requester_fits = true;
    if (!std::ranges::all_of(destinations, is_listed)) continue;
    destinations_fit = true;
    if (review.outflow_sats > rule.outflow_sats_max) continue;
    if (review.fee_sats > rule.fee_sats_max)
      return refused("policy-fee", "policy: the fee is over the rule's limit");
    if (review.fee_rate_sats_per_vbyte > rule.fee_sats_per_vbyte_max)
      return refused("policy-fee-rate", "policy: the fee rate is over the rule's limit");
    return i;
  }
  if (destinations_fit)
    return refused("policy-outflow", "policy: the outflow, fee included, is over every rule's limit");
  if (requester_fits)
    return refused("policy-destination", "policy: no rule of this requester lists every destination");
  return refused("policy-requester", "policy: no rule is for this requester");
}

}  // namespace ben::policy
