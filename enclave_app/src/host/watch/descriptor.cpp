#include "watch/descriptor.hpp"

#include <algorithm>
#include <array>

#include "bitcoin/descriptor.hpp"
#include "watch/derivation.hpp"

namespace ben::watch {

using bitcoin::Curve;
using bitcoin::Network;
using bitcoin::Script;

namespace {

constexpr Error bad_form{ErrorCode::malformed, "key-descriptor",
                         "descriptor: want pk, pkh or wpkh of a key, alone or in sh or wsh, or tr of a key"};
constexpr std::uint8_t op_checksig = 0xac;
constexpr std::uint8_t leaf_version = 0xc0;  // BIP 342

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

ByteView x_of(ByteView key) {
  return key.subspan(1);
}

// `key` has 32, 33 or 65 bytes, so that the opcode that pushes it is its size.
Script make_pk(ByteView key) {
  Script script;
  script.reserve(1 + key.size() + 1);
  script.push_back(static_cast<std::uint8_t>(key.size()));
  script.insert(script.end(), key.begin(), key.end());
  script.push_back(op_checksig);
  return script;
}

Result<Hash256> leaf_hash(const Curve& curve, const TreeLeaf& leaf, std::uint32_t index) {
  const auto key = derive_key(curve, leaf.key, index);
  if (!key) return key.error();
  const Script script =
      leaf.form == ScriptForm::pkh ? bitcoin::make_p2pkh(hash160(x_of(*key))) : make_pk(x_of(*key));
  return tagged_sha256("TapLeaf")
      .update(std::array<std::uint8_t, 2>{leaf_version, static_cast<std::uint8_t>(script.size())})
      .update(script)
      .finish();
}

// The root of the tree (BIP 341): neighbours of one depth join as soon as both are there.
Result<Hash256> merkle_root(const Curve& curve, const std::vector<TreeLeaf>& leaves, std::uint32_t index) {
  struct Node {
    std::size_t depth;
    Hash256 hash;
  };
  std::vector<Node> nodes;
  for (const TreeLeaf& leaf : leaves) {
    const auto hash = leaf_hash(curve, leaf, index);
    if (!hash) return hash.error();
    Node node{.depth = leaf.depth, .hash = *hash};
    while (!nodes.empty() && nodes.back().depth == node.depth) {
      const auto [first, second] = std::minmax(nodes.back().hash, node.hash);
      node = {.depth = node.depth - 1,
              .hash = tagged_sha256("TapBranch").update(first).update(second).finish()};
      nodes.pop_back();
    }
    nodes.push_back(node);
  }
  return nodes.front().hash;
}

Result<Script> derive_taproot(const Curve& curve, const Descriptor& descriptor, std::uint32_t index) {
  const auto key = derive_key(curve, descriptor.key, index);
  if (!key) return key.error();
  Bytes even_key = *key;
  even_key[0] = 0x02;  // lift_x
  const auto internal_key = curve.parse_public_key(even_key);
  if (!internal_key) return internal_key.error();
  Bytes root;
  if (!descriptor.tree.empty()) {
    const auto hash = merkle_root(curve, descriptor.tree, index);
    if (!hash) return hash.error();
    root = to_bytes(*hash);
  }
  const auto output_key = tweak_for_taproot(curve, *internal_key, root);
  if (!output_key) return output_key.error();
  return bitcoin::make_witness_script(1, *output_key);
}

}  // namespace

Result<Descriptor> parse_output_descriptor(const Curve& curve, Network network, std::string_view text) {
  if (text.size() > output_descriptor_chars_max) return bad_form;
  std::string_view body = text.substr(0, text.find('#'));
  const auto checksum = bitcoin::descriptor_checksum(body);
  if (!checksum) return checksum.error();
  if (body.size() != text.size() && text.substr(body.size() + 1) != *checksum) return bad_form;

  Descriptor descriptor;
  descriptor.is_in_sh = unwrap(body, "sh");
  descriptor.is_in_wsh = unwrap(body, "wsh");
  const bool is_top = !descriptor.is_in_sh && !descriptor.is_in_wsh;
  KeyForm key_form = descriptor.is_in_wsh ? KeyForm::compressed : KeyForm::any;
  if (unwrap(body, "pkh")) {
    descriptor.form = ScriptForm::pkh;
  } else if (!descriptor.is_in_wsh && unwrap(body, "wpkh")) {
    descriptor.form = ScriptForm::wpkh;
    key_form = KeyForm::compressed;
  } else if (is_top && unwrap(body, "tr")) {
    descriptor.form = ScriptForm::tr;
    key_form = KeyForm::x_only;
    const std::size_t tree_start = body.find(',');
    if (tree_start != std::string_view::npos) {
      auto tree = parse_tree(curve, network, body.substr(tree_start + 1));
      if (!tree) return tree.error();
      descriptor.tree = *std::move(tree);
      body = body.substr(0, tree_start);
    }
  } else if (!unwrap(body, "pk")) {
    return bad_form;
  }
  auto key = parse_key_expression(curve, network, body, key_form);
  if (!key) return key.error();
  descriptor.key = *std::move(key);
  return descriptor;
}

Result<Script> derive_output_script(const Curve& curve, const Descriptor& descriptor, std::uint32_t index) {
  if (descriptor.form == ScriptForm::tr) return derive_taproot(curve, descriptor, index);
  const auto key = derive_key(curve, descriptor.key, index);
  if (!key) return key.error();
  Script script = descriptor.form == ScriptForm::pkh    ? bitcoin::make_p2pkh(hash160(*key))
                  : descriptor.form == ScriptForm::wpkh ? bitcoin::make_p2wpkh(to_array<33>(*key))
                                                        : make_pk(*key);
  if (descriptor.is_in_wsh) script = bitcoin::make_witness_script(0, sha256(script));
  if (descriptor.is_in_sh) script = bitcoin::make_p2sh(hash160(script));
  return script;
}

}  // namespace ben::watch
