#include "cli/policy_text.hpp"

#include <charconv>
#include <ranges>
#include <utility>

#include "base/hex.hpp"
#include "bitcoin/address.hpp"
#include "cli/keys.hpp"
#include "cli/stop.hpp"

namespace ben::cli {
namespace {

using Lists = std::vector<std::pair<std::string, std::vector<std::string>>>;

// "desk=abc" twice -> desk: [abc, ...], in the order of the first mention.
Lists group_by_name(const std::vector<std::string>& assignments, const std::string& flag) {
  Lists lists;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageStop(std::string(flag).append(" is NAME=VALUE, not: ").append(assignment));
    const std::string name = assignment.substr(0, equals);
    const std::string value = assignment.substr(equals + 1);
    bool known = false;
    for (auto& [list_name, values] : lists) {
      if (list_name != name) continue;
      values.push_back(value);
      known = true;
    }
    if (!known) lists.push_back({name, {value}});
  }
  return lists;
}

std::string encode_lists(const Lists& lists) {
  json::ObjectWriter object;
  for (const auto& [name, values] : lists) {
    json::ArrayWriter array;
    for (const std::string& value : values) array.text(value);
    object.raw(name, array.finish());
  }
  return object.finish();
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

std::int64_t parse_sats(const std::string& text, const std::string& rule) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || value < 0)
    throw UsageStop("--rule " + rule + ": amounts are whole satoshi, not: " + text);
  return value;
}

std::string encode_names(const std::vector<std::string>& names) {
  json::ArrayWriter array;
  for (const std::string& name : names) array.text(name);
  return array.finish();
}

struct RuleText {
  std::string name = "pay";
  std::vector<std::string> from;
  std::vector<std::string> destinations;
  std::int64_t outflow_max_sats = -1;
  std::int64_t fee_max_sats = 0;
  std::int64_t fee_max_sats_per_vbyte = 0;
};

std::string encode_rule(const RuleText& rule) {
  return json::ObjectWriter()
      .text("name", rule.name)
      .raw("from", encode_names(rule.from))
      .raw("dest", encode_names(rule.destinations))
      .integer("outflow_max_sats", rule.outflow_max_sats)
      .raw("fee", json::ObjectWriter()
                      .integer("max_sats", rule.fee_max_sats)
                      .integer("max_sats_per_vbyte", rule.fee_max_sats_per_vbyte)
                      .finish())
      .finish();
}

RuleText defaults_of(const PolicyNewOptions& options, const Lists& requesters, const Lists& destinations) {
  RuleText rule;
  for (const auto& [name, keys] : requesters) rule.from.push_back(name);
  for (const auto& [name, addresses] : destinations) rule.destinations.push_back(name);
  if (rule.destinations.empty()) rule.destinations.emplace_back("any");
  rule.destinations.emplace_back("self");
  rule.outflow_max_sats = options.outflow_max_sats;
  rule.fee_max_sats = options.fee_max_sats;
  rule.fee_max_sats_per_vbyte = options.fee_max_sats_per_vbyte;
  return rule;
}

RuleText parse_rule(const std::string& text, RuleText rule) {
  for (const std::string& part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    const std::string key = part.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
    if (key == "name") {
      rule.name = value;
    } else if (key == "from") {
      rule.from = split(value, '+');
    } else if (key == "dest") {
      rule.destinations = split(value, '+');
    } else if (key == "outflow") {
      rule.outflow_max_sats = parse_sats(value, text);
    } else if (key == "fee") {
      rule.fee_max_sats = parse_sats(value, text);
    } else if (key == "fee-rate") {
      rule.fee_max_sats_per_vbyte = parse_sats(value, text);
    } else {
      throw UsageStop("--rule has name, from, dest, outflow, fee and fee-rate, not: " + part);
    }
  }
  return rule;
}

std::string encode_rules(const PolicyNewOptions& options, const Lists& requesters,
                         const Lists& destinations) {
  const RuleText defaults = defaults_of(options, requesters, destinations);
  std::vector<RuleText> rules;
  rules.reserve(options.rules.size());
  for (const std::string& text : options.rules) rules.push_back(parse_rule(text, defaults));
  if (rules.empty()) rules.push_back(defaults);
  json::ArrayWriter array;
  for (const RuleText& rule : rules) {
    if (rule.outflow_max_sats < 0) {
      throw UsageStop(
          "say how much may leave in one transaction: --outflow-max SATS, or outflow= in each --rule");
    }
    array.raw(encode_rule(rule));
  }
  return array.finish();
}

// "a, b or c" of the names whose bit is set.
template <typename Named>
std::vector<std::string> names_of(std::uint64_t mask, const std::vector<Named>& known) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if ((mask >> i & 1U) != 0) names.push_back(known[i].name);
  }
  return names;
}

std::string join(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_last = i + 1 == words.size();
    if (i > 0 && is_last) text.append(" ").append(last).append(" ");
    if (i > 0 && !is_last) text.append(", ");
    text.append(words[i]);
  }
  return text;
}

std::string amount(std::uint64_t sats) {
  constexpr std::uint64_t sats_per_btc = 100'000'000;
  std::string fraction = std::to_string(sats % sats_per_btc);
  fraction.insert(0, 8 - fraction.size(), '0');
  return std::to_string(sats / sats_per_btc) + "." + fraction + " BTC";
}

std::string destinations_of(const policy::Rule& rule, const policy::Policy& policy) {
  if ((rule.destinations & policy::any_bit) != 0) return "any address";
  std::vector<std::string> words;
  for (const std::string& name : names_of(rule.destinations & ~policy::self_bit, policy.lists))
    words.push_back("list " + name);
  if ((rule.destinations & policy::self_bit) != 0) words.emplace_back("the wallet's own receive addresses");
  return join(words, "and");
}

}  // namespace

std::string make_policy_text(const PolicyNewOptions& options, const std::string& network,
                             const std::string& wallet_id) {
  Lists requesters = group_by_name(options.requesters, "--requester");
  if (requesters.empty()) throw UsageStop("give --requester NAME=PUBLIC_KEY at least once");
  for (auto& [name, keys] : requesters) {
    for (std::string& key : keys) key = encode_hex(parse_public_key(key));
  }
  const Lists destinations = group_by_name(options.destinations, "--destination");
  const std::string text = indent_json(
      json::ObjectWriter()
          .integer("version", 1)
          .text("network", network)
          .text("wallet_id", wallet_id)
          .integer("epoch", options.epoch)
          .text_or_null("prev", options.previous)
          .raw("keys", encode_lists(requesters))
          .raw("destinations", encode_lists(destinations))
          .raw("rules", encode_rules(options, requesters, destinations))
          .raw("change", json::ObjectWriter().integer("max_index", options.change_index_max).finish())
          .finish());
  (void)value_or_stop(policy::parse_policy(as_bytes(text)), "the new policy");
  return text;
}

std::vector<std::string> explain(const policy::Policy& policy) {
  std::vector<std::string> lines;
  lines.push_back("Policy epoch " + std::to_string(policy.epoch) + " of wallet " +
                  encode_hex(policy.wallet_id) + " on " +
                  std::string(bitcoin::parameters_of(policy.network).name) + ".");
  for (const policy::Group& group : policy.groups) {
    lines.push_back("Group " + group.name + " has " + std::to_string(group.items.size()) +
                    (group.items.size() == 1 ? " key:" : " keys:"));
    for (const Ed25519PublicKey& key : group.items) lines.push_back("  " + encode_hex(key));
  }
  for (const policy::DestinationList& list : policy.lists | std::views::drop(policy::built_in_lists)) {
    lines.push_back("List " + list.name + ":");
    for (const bitcoin::Script& script : list.items) {
      const auto address = bitcoin::encode_address(policy.network, script);
      lines.push_back("  " + (address ? *address : encode_hex(script)));
    }
  }
  lines.emplace_back("The first of these rules that fits decides:");
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const policy::Rule& rule = policy.rules[i];
    lines.push_back(
        std::to_string(i + 1) + ". " + rule.name + ": " + join(names_of(rule.from, policy.groups), "or") +
        " may send to " + destinations_of(rule, policy) + ", at most " + amount(rule.outflow_sats_max) +
        " in one transaction with its fee, which is at most " + std::to_string(rule.fee_sats_max) +
        " sat and " + std::to_string(rule.fee_sats_per_vbyte_max) + " sat/vB.");
  }
  lines.push_back("Change counts as the wallet's own up to index " + std::to_string(policy.change_index_max) +
                  ".");
  lines.emplace_back(
      "Limits are for each transaction: nothing bounds how many there are. Everything else is refused.");
  return lines;
}

}  // namespace ben::cli
