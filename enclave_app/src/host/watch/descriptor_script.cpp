#include <algorithm>
#include <array>

#include "bitcoin/account.hpp"
#include "watch/derivation.hpp"
#include "watch/descriptor.hpp"

namespace ben::watch {

using bitcoin::Curve;
using bitcoin::Script;

namespace {

constexpr std::uint8_t op_checksig = 0xac;
constexpr std::uint8_t op_checkmultisig = 0xae;
constexpr std::uint8_t leaf_version = 0xc0;  // BIP 342

ByteView x_of(ByteView key) { return key.subspan(1); }

// `key` has 32, 33 or 65 bytes, so that the opcode that pushes it is its size.
Script make_pk(ByteView key) {
  Script script;
  script.reserve(1 + key.size() + 1);
  script.push_back(static_cast<std::uint8_t>(key.size()));
  script.insert(script.end(), key.begin(), key.end());
  script.push_back(op_checksig);
  return script;
}

Result<Hash256> leaf_hash(const Curve& curve, const TreeLeaf& leaf, const ScriptPlace& place) {
  const auto key = derive_key(curve, leaf.key, place);
  if (!key) return key.error();
  const Script script =
      leaf.form == ScriptForm::pkh ? bitcoin::make_p2pkh(hash160(x_of(*key))) : make_pk(x_of(*key));
  return tagged_sha256("TapLeaf")
      .update(std::array<std::uint8_t, 2>{leaf_version, static_cast<std::uint8_t>(script.size())})
      .update(script)
      .finish();
}

// The root of the tree (BIP 341): neighbours of one depth join as soon as both are there.
Result<Hash256> merkle_root(const Curve& curve, const std::vector<TreeLeaf>& leaves,
                            const ScriptPlace& place) {
  struct Node {
    std::size_t depth;
    Hash256 hash;
  };
  std::vector<Node> nodes;
  for (const TreeLeaf& leaf : leaves) {
    const auto hash = leaf_hash(curve, leaf, place);
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

Result<Script> derive_taproot(const Curve& curve, const Descriptor& descriptor, const ScriptPlace& place) {
  const auto key = derive_key(curve, descriptor.keys.front(), place);
  if (!key) return key.error();
  Bytes even_key = *key;
  even_key[0] = 0x02;  // lift_x
  const auto internal_key = parse_public_key(curve, even_key);
  if (!internal_key) return internal_key.error();
  Bytes root;
  if (!descriptor.tree.empty()) {
    const auto hash = merkle_root(curve, descriptor.tree, place);
    if (!hash) return hash.error();
    root = to_bytes(*hash);
  }
  const auto output_key = tweak_for_taproot(curve, *internal_key, root);
  if (!output_key) return output_key.error();
  return bitcoin::make_witness_script(1, *output_key);
}

// A number of a script: an opcode up to 16, and one pushed byte from there.
void push_number(Script& script, std::size_t number) {
  if (number > 16) script.push_back(1);
  script.push_back(static_cast<std::uint8_t>(number > 16 ? number : 0x50 + number));
}

Result<Script> make_multisig(const Curve& curve, const Descriptor& descriptor, const ScriptPlace& place) {
  std::vector<Bytes> keys;
  for (const KeyExpression& expression : descriptor.keys) {
    auto key = derive_key(curve, expression, place);
    if (!key) return key.error();
    keys.push_back(*std::move(key));
  }
  if (descriptor.form == ScriptForm::sortedmulti) std::ranges::sort(keys);  // BIP 67
  Script script;
  push_number(script, descriptor.threshold);
  for (const Bytes& key : keys) {
    script.push_back(static_cast<std::uint8_t>(key.size()));
    script.insert(script.end(), key.begin(), key.end());
  }
  push_number(script, keys.size());
  script.push_back(op_checkmultisig);
  return script;
}

Result<Script> make_inner_script(const Curve& curve, const Descriptor& descriptor, const ScriptPlace& place) {
  if (descriptor.form == ScriptForm::multi || descriptor.form == ScriptForm::sortedmulti)
    return make_multisig(curve, descriptor, place);
  const auto key = derive_key(curve, descriptor.keys.front(), place);
  if (!key) return key.error();
  if (descriptor.form == ScriptForm::pkh) return bitcoin::make_p2pkh(hash160(*key));
  if (descriptor.form == ScriptForm::wpkh) return bitcoin::make_p2wpkh(to_array<33>(*key));
  return make_pk(*key);
}

}  // namespace

Result<Script> derive_output_script(const Curve& curve, const Descriptor& descriptor,
                                    const ScriptPlace& place) {
  if (place.branch >= descriptor.branch_count)
    return refused("key-branch", "descriptor: it has no such branch");
  if (descriptor.form == ScriptForm::tr) return derive_taproot(curve, descriptor, place);
  auto script = make_inner_script(curve, descriptor, place);
  if (script && descriptor.is_in_wsh) script = bitcoin::make_witness_script(0, sha256(*script));
  if (script && descriptor.is_in_sh) script = bitcoin::make_p2sh(hash160(*script));
  return script;
}

}  // namespace ben::watch
