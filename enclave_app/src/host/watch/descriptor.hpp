// Output descriptors as other wallets write them (BIP 380, 381, 382, 386), read to watch: pk, pkh and wpkh,
// alone or inside sh and wsh, and tr with or without a tree of pk and pkh.
#pragma once

#include "bitcoin/script.hpp"
#include "watch/key_expression.hpp"

namespace ben::watch {

inline constexpr std::size_t output_descriptor_chars_max = 16'384;
inline constexpr std::size_t tree_depth_max = 128;  // BIP 341

enum class ScriptForm : std::uint8_t { pk, pkh, wpkh, tr };

struct TreeLeaf {
  ScriptForm form = ScriptForm::pk;  // or pkh
  KeyExpression key;
  std::size_t depth = 0;
};

struct Descriptor {
  bool is_in_sh = false;
  bool is_in_wsh = false;
  ScriptForm form = ScriptForm::pk;
  KeyExpression key;
  std::vector<TreeLeaf> tree;  // of tr, from left to right
};

// A checksum is checked where there is one. Fails with `malformed` (key-descriptor) for another form, nesting
// or checksum, and as parse_key_expression does.
Result<Descriptor> parse_output_descriptor(const bitcoin::Curve& curve, bitcoin::Network network,
                                           std::string_view text);

// The scriptPubKey at `index`. Fails as derive_key does.
Result<bitcoin::Script> derive_output_script(const bitcoin::Curve& curve, const Descriptor& descriptor,
                                             std::uint32_t index);

}  // namespace ben::watch
