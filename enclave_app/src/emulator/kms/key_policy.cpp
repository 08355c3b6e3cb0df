#include "kms/key_policy.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>
#include <vector>

#include "aws/json_text.hpp"

namespace ben::emulator {
namespace {

constexpr std::size_t policy_bytes_max = 32'768;  // AWS's limit

// What a statement, or a part of it, says about a request.
enum class Match : std::uint8_t { no, yes, unknown };

Match to_match(bool is_met) { return is_met ? Match::yes : Match::no; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// * stands for any characters, ? for one. Linear in memory and quadratic in time at most.
bool is_like(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::optional<std::size_t> star;
  std::size_t star_at = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      star_at = at;
    } else if (in_pattern < pattern.size() &&
               (pattern[in_pattern] == '?' || pattern[in_pattern] == text[at])) {
      ++at;
      ++in_pattern;
    } else if (star) {
      in_pattern = *star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

// A string or an array of strings; nothing where it is neither.
std::optional<std::vector<std::string>> to_texts(const Json& json) {
  if (json.is_string()) return std::vector{json.get<std::string>()};
  if (json.is_boolean()) return std::vector<std::string>{json.get<bool>() ? "true" : "false"};
  if (!json.is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const Json& item : json) {
    if (!item.is_string()) return std::nullopt;
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

Match match_any(const Json& patterns, const std::function<bool(const std::string&)>& is_met) {
  const auto texts = to_texts(patterns);
  if (!texts) return Match::unknown;
  return to_match(std::ranges::any_of(*texts, is_met));
}

Match match_principal(const Json& principal, const PolicyRequest& request) {
  if (principal == "*") return Match::yes;
  if (!principal.is_object() || principal.size() != 1) return Match::unknown;
  return match_any(member(principal, "AWS"), [&request](const std::string& name) {
    return name == "*" || name == request.principal || name == request.account ||
           (name.starts_with("arn:aws") && name.ends_with(":iam::" + request.account + ":root"));
  });
}

bool is_known_key(const std::string& key) {
  static const std::vector<std::string> known = {"aws:multifactorauthpresent",
                                                 "aws:principalaccount",
                                                 "aws:principalarn",
                                                 "aws:securetransport",
                                                 "kms:calleraccount",
                                                 "kms:encryptionalgorithm",
                                                 "kms:keyspec",
                                                 "kms:keyusage",
                                                 "kms:recipientattestation:imagesha384"};
  if (std::ranges::find(known, key) != known.end()) return true;
  for (int pcr = 0; pcr < 32; ++pcr) {
    if (key == "kms:recipientattestation:pcr" + std::to_string(pcr)) return true;
  }
  return false;
}

using Comparison = std::function<bool(const std::string& value, const std::string& wanted)>;
struct Operator {
  Comparison compare;
  bool is_negated = false;
};

std::optional<Operator> find_operator(const std::string& name) {
  static const Comparison equals = [](const auto& value, const auto& wanted) { return value == wanted; };
  static const Comparison equals_in_any_case = [](const auto& value, const auto& wanted) {
    return lower(value) == lower(wanted);
  };
  static const Comparison like = [](const auto& value, const auto& wanted) { return is_like(value, wanted); };
  static const std::map<std::string, Operator> operators = {
      {"StringEquals", {equals, false}},
      {"StringNotEquals", {equals, true}},
      {"StringEqualsIgnoreCase", {equals_in_any_case, false}},
      {"StringNotEqualsIgnoreCase", {equals_in_any_case, true}},
      {"StringLike", {like, false}},
      {"StringNotLike", {like, true}},
      {"ArnEquals", {like, false}},
      {"ArnLike", {like, false}},
      {"Bool", {equals_in_any_case, false}},
  };
  const auto found = operators.find(name);
  if (found == operators.end()) return std::nullopt;
  return found->second;
}

// One operator on one key. Several values are alternatives; under a negated operator none may match.
Match match_condition(std::string operator_name, const std::string& key_name, const Json& wanted,
                      const PolicyRequest& request) {
  const std::string key = lower(key_name);
  if (!is_known_key(key)) return Match::unknown;
  const auto value = request.context.find(key);
  const bool is_present = value != request.context.end();
  if (operator_name == "Null") {
    return match_any(
        wanted, [is_present](const std::string& text) { return text == (is_present ? "false" : "true"); });
  }
  constexpr std::string_view if_exists = "IfExists";
  if (operator_name.ends_with(if_exists)) {
    operator_name.resize(operator_name.size() - if_exists.size());
    if (!is_present && find_operator(operator_name)) return Match::yes;
  }
  const auto known = find_operator(operator_name);
  if (!known) return Match::unknown;
  if (!is_present) return to_match(known->is_negated);
  const Match any =
      match_any(wanted, [&](const std::string& text) { return known->compare(value->second, text); });
  if (any == Match::unknown) return any;
  return to_match((any == Match::yes) != known->is_negated);
}

// All of them have to be met; one that is not understood decides.
Match match_all(const std::vector<Match>& parts) {
  if (std::ranges::find(parts, Match::unknown) != parts.end()) return Match::unknown;
  return to_match(std::ranges::find(parts, Match::no) == parts.end());
}

Match match_conditions(const Json& conditions, const PolicyRequest& request) {
  if (!conditions.is_object()) return Match::unknown;
  std::vector<Match> parts;
  for (const auto& [operator_name, keys] : conditions.items()) {
    if (!keys.is_object()) return Match::unknown;
    for (const auto& [key, wanted] : keys.items()) {
      parts.push_back(match_condition(operator_name, key, wanted, request));
    }
  }
  return match_all(parts);
}

Match match_statement(const Json& statement, const PolicyRequest& request) {
  static const std::vector<std::string> known = {"Sid",    "Effect",   "Principal",
                                                 "Action", "Resource", "Condition"};
  if (!statement.is_object()) return Match::unknown;
  for (const auto& [element, content] : statement.items()) {
    if (std::ranges::find(known, element) == known.end()) return Match::unknown;
  }
  if (text_at(statement, "Effect") != "Allow" && text_at(statement, "Effect") != "Deny")
    return Match::unknown;
  const Match action = match_any(member(statement, "Action"), [&request](const std::string& pattern) {
    return is_like(lower(request.action), lower(pattern));
  });
  const Match principal = match_principal(member(statement, "Principal"), request);
  const Match resource = match_any(member(statement, "Resource"), [&request](const std::string& pattern) {
    return is_like(request.key_arn, pattern);
  });
  // About other calls, callers or keys, whatever else it says.
  if (action == Match::no || principal == Match::no || resource == Match::no) return Match::no;
  std::vector<Match> parts{action, principal, resource};
  if (statement.contains("Condition")) parts.push_back(match_conditions(statement["Condition"], request));
  return match_all(parts);
}

std::vector<Json> statements_of(std::string_view policy) {
  if (policy.size() > policy_bytes_max) return {};
  const Json json = parse_json(policy);
  const Json& statements = member(json, "Statement");
  if (statements.is_object()) return {statements};
  if (statements.is_array()) return {statements.begin(), statements.end()};
  return {};
}

std::string describe(const Json& statement, std::size_t index) {
  const std::string sid = text_at(statement, "Sid");
  return "statement " + (sid.empty() ? std::to_string(index + 1) : sid);
}

}  // namespace

Verdict evaluate_policy(std::string_view policy, const PolicyRequest& request) {
  Verdict verdict{.is_allowed = false, .reason = "no statement of the key policy allows it"};
  const std::vector<Json> statements = statements_of(policy);
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const Match match = match_statement(statements[i], request);
    if (match == Match::no) continue;
    const std::string name = describe(statements[i], i);
    if (match == Match::unknown)
      return {false, name + " has an element, operator or key that is not understood here"};
    if (text_at(statements[i], "Effect") == "Deny") return {false, name + " denies it"};
    verdict = {.is_allowed = true, .reason = name + " allows it"};
  }
  return verdict;
}

Result<> check_policy_form(std::string_view policy) {
  if (statements_of(policy).empty()) {
    return Error{ErrorCode::malformed, "kms-policy", "kms: the policy is no JSON object with statements"};
  }
  return Ok{};
}

}  // namespace ben::emulator
