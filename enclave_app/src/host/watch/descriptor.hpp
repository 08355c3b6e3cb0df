// Output descriptors as wallets write them (BIP 380 to 383, 386, 389), read to watch: pk, pkh, wpkh, multi
// and sortedmulti, alone or inside sh and wsh, and tr with or without a tree of pk and pkh.
#pragma once

#include "bitcoin/script.hpp"
#include "watch/key_expression.hpp"

namespace ben::watch {

inline constexpr std::size_t output_descriptor_chars_max = 24'576;  // 20 keys at their limit
inline constexpr std::size_t tree_depth_max = 128;                  // BIP 341
// Keys of multi and sortedmulti: as many as nodes relay (bare, and by the size of a script in sh), and as
// many as OP_CHECKMULTISIG takes.
inline constexpr std::size_t bare_multisig_keys_max = 3;
inline constexpr std::size_t multisig_keys_max = 20;

enum class ScriptForm : std::uint8_t { pk, pkh, wpkh, multi, sortedmulti, tr };

struct TreeLeaf {
  ScriptForm form = ScriptForm::pk;  // or pkh
  KeyExpression key;
  std::size_t depth = 0;
};

struct Descriptor {
  bool is_in_sh = false;
  bool is_in_wsh = false;
  ScriptForm form = ScriptForm::pk;
  std::vector<KeyExpression> keys;  // one, or those of multi and sortedmulti in their order
  std::size_t threshold = 1;        // of multi and sortedmulti
  std::vector<TreeLeaf> tree;       // of tr, from left to right
  std::size_t branch_count = 1;     // how many descriptors this one stands for (BIP 389)
};

// A checksum is checked where there is one. Fails with `malformed` (key-descriptor) for another form, nesting
// or checksum, for a wrong threshold or number of keys, or keys of different numbers of branches, and as
// parse_key_expression does.
Result<Descriptor> parse_output_descriptor(const bitcoin::Curve& curve, bitcoin::Network network,
                                           std::string_view text);

// The scriptPubKey at `place`. Fails with `refused` (key-branch) for a branch that is not there, and as
// derive_key does.
Result<bitcoin::Script> derive_output_script(const bitcoin::Curve& curve, const Descriptor& descriptor,
                                             const ScriptPlace& place);

}  // namespace ben::watch
