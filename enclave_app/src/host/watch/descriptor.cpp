#include "watch/descriptor.hpp"

#include <algorithm>
#include <charconv>

#include "bitcoin/encoding.hpp"

namespace ben::watch {

using bitcoin::Curve;
using bitcoin::Network;

namespace {

constexpr Error bad_form{
    ErrorCode::malformed, "key-descriptor",
    "descriptor: want pk, pkh, wpkh, multi or sortedmulti, alone or in sh or wsh, or tr"};
constexpr std::size_t script_in_sh_bytes_max = 520;  // of a push, which a redeem script is

// Takes "name(" and ")" off.
bool unwrap(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name) || !text.substr(name.size()).starts_with('(') || !text.ends_with(')'))
    return false;
  text = text.substr(name.size() + 1, text.size() - name.size() - 2);
  return true;
}

// "pk(KEY)" and "pkh(KEY)", alone or as the branches of "{,}": a leaf ends at its ')', so no recursion is
// needed.
Result<std::vector<TreeLeaf>> parse_tree(const Curve& curve, Network network, std::string_view text) {
  std::vector<TreeLeaf> leaves;
  std::vector<bool> branches;  // from the root down to here: whether it is the right one
  while (true) {
    while (text.starts_with('{')) {
      text.remove_prefix(1);
      branches.push_back(false);
      if (branches.size() > tree_depth_max) return bad_form;
    }
    const std::size_t end = std::min(text.find(')'), text.size() - 1) + 1;
    std::string_view expression = text.substr(0, end);
    text.remove_prefix(std::min(end, text.size()));
    TreeLeaf leaf;
    leaf.depth = branches.size();
    if (unwrap(expression, "pkh")) {
      leaf.form = ScriptForm::pkh;
    } else if (!unwrap(expression, "pk")) {
      return bad_form;
    }
    auto key = parse_key_expression(curve, network, expression, KeyForm::x_only);
    if (!key) return key.error();
    leaf.key = *std::move(key);
    leaves.push_back(std::move(leaf));

    while (!branches.empty() && branches.back() && text.starts_with('}')) {
      text.remove_prefix(1);
      branches.pop_back();
    }
    if (branches.empty()) {
      if (!text.empty()) return bad_form;
      return leaves;
    }
    if (branches.back() || !text.starts_with(',')) return bad_form;
    text.remove_prefix(1);
    branches.back() = true;
  }
}

// "K,KEY,KEY": a threshold and its keys.
Result<> parse_multisig(const Curve& curve, Network network, std::string_view text, Descriptor& descriptor) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const auto parsed = std::from_chars(text.begin(), text.begin() + comma, descriptor.threshold);
  if (parsed.ec != std::errc{} || parsed.ptr != text.begin() + comma || text.starts_with('0'))
    return bad_form;
  const bool is_bare = !descriptor.is_in_sh && !descriptor.is_in_wsh;
  const std::size_t keys_max = is_bare ? bare_multisig_keys_max : multisig_keys_max;
  const KeyForm key_form = descriptor.is_in_wsh ? KeyForm::compressed : KeyForm::any;
  text.remove_prefix(comma);
  while (!text.empty()) {
    if (descriptor.keys.size() == keys_max) return bad_form;
    const std::size_t end = std::min(text.find(',', 1), text.size());
    auto key = parse_key_expression(curve, network, text.substr(1, end - 1), key_form);
    if (!key) return key.error();
    descriptor.keys.push_back(*std::move(key));
    text.remove_prefix(end);
  }
  if (descriptor.threshold > descriptor.keys.size()) return bad_form;
  std::size_t script_bytes = 3;  // both numbers and the opcode
  for (const KeyExpression& key : descriptor.keys)
    script_bytes += 1 + (key.parent ? sizeof(bitcoin::CompressedKey) : key.point.size());
  if (descriptor.is_in_sh && !descriptor.is_in_wsh && script_bytes > script_in_sh_bytes_max) return bad_form;
  return Ok{};
}

// KEY, or KEY and a tree.
Result<> parse_taproot(const Curve& curve, Network network, std::string_view text, Descriptor& descriptor) {
  const std::size_t comma = text.find(',');
  if (comma != std::string_view::npos) {
    auto tree = parse_tree(curve, network, text.substr(comma + 1));
    if (!tree) return tree.error();
    descriptor.tree = *std::move(tree);
  }
  auto key = parse_key_expression(curve, network, text.substr(0, comma), KeyForm::x_only);
  if (!key) return key.error();
  descriptor.keys.push_back(*std::move(key));
  return Ok{};
}

// What is inside of sh and wsh, if any.
Result<> parse_script(const Curve& curve, Network network, std::string_view body, Descriptor& descriptor) {
  const bool is_top = !descriptor.is_in_sh && !descriptor.is_in_wsh;
  KeyForm key_form = descriptor.is_in_wsh ? KeyForm::compressed : KeyForm::any;
  if (is_top && unwrap(body, "tr")) {
    descriptor.form = ScriptForm::tr;
    return parse_taproot(curve, network, body, descriptor);
  }
  const bool is_sorted = unwrap(body, "sortedmulti");
  if (is_sorted || unwrap(body, "multi")) {
    descriptor.form = is_sorted ? ScriptForm::sortedmulti : ScriptForm::multi;
    return parse_multisig(curve, network, body, descriptor);
  }
  if (unwrap(body, "pkh")) {
    descriptor.form = ScriptForm::pkh;
  } else if (!descriptor.is_in_wsh && unwrap(body, "wpkh")) {
    descriptor.form = ScriptForm::wpkh;
    key_form = KeyForm::compressed;
  } else if (!unwrap(body, "pk")) {
    return bad_form;
  }
  auto key = parse_key_expression(curve, network, body, key_form);
  if (!key) return key.error();
  descriptor.keys.push_back(*std::move(key));
  return Ok{};
}

// BIP 389: every key has as many branches as the others, or none.
Result<> count_branches(Descriptor& descriptor) {
  const auto admit = [&](const KeyExpression& key) {
    if (key.branches.empty()) return true;
    if (descriptor.branch_count == 1) descriptor.branch_count = key.branches.size();
    return key.branches.size() == descriptor.branch_count;
  };
  const bool same = std::ranges::all_of(descriptor.keys, admit) &&
                    std::ranges::all_of(descriptor.tree, admit, &TreeLeaf::key);
  if (same) return Ok{};
  return malformed("key-descriptor", "descriptor: its keys have different numbers of branches");
}

}  // namespace

Result<Descriptor> parse_output_descriptor(const Curve& curve, Network network, std::string_view text) {
  if (text.size() > output_descriptor_chars_max) return bad_form;
  std::string_view body = text.substr(0, text.find('#'));
  const auto checksum = bitcoin::descriptor_checksum(body);
  if (!checksum) return checksum.error();
  if (body.size() != text.size() && text.substr(body.size() + 1) != *checksum)
    return malformed("key-descriptor", "descriptor: its checksum is wrong");

  Descriptor descriptor;
  descriptor.is_in_sh = unwrap(body, "sh");
  descriptor.is_in_wsh = unwrap(body, "wsh");
  const auto script = parse_script(curve, network, body, descriptor);
  if (!script) return script.error();
  const auto counted = count_branches(descriptor);
  if (!counted) return counted.error();
  return descriptor;
}

}  // namespace ben::watch
