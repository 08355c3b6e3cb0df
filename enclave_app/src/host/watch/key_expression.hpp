// Keys as descriptors name them (BIP 380): a point in hex, or an extended key with a path, after an optional
// origin.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "bitcoin/bip32.hpp"

namespace ben::watch {

inline constexpr std::size_t key_expression_chars_max = 1024;

struct KeyExpression {
  enum class Range : std::uint8_t {
    none,
    children,
    hardened_children
  };  // what follows the path: "", "/*", "/*h"

  Bytes point;  // 33 or 65 bytes; empty for an extended key
  std::optional<bitcoin::ExtendedPublicKey> parent;
  std::vector<std::uint32_t> path;
  Range range = Range::none;
};

enum class KeyForm : std::uint8_t { any, compressed, x_only };  // x_only takes compressed ones too (BIP 386)

// Fails with `malformed` (key-expression, key-xpub) for text of another form, or a key of another network,
// and with `refused` (key-expression-private) for a private key, in WIF or extended, with whatever path it
// may have.
Result<KeyExpression> parse_key_expression(const bitcoin::Curve& curve, bitcoin::Network network,
                                           std::string_view text, KeyForm form = KeyForm::any);

// The key, 33 or 65 bytes, that stands for `index`, which an expression without range does not look at.
// Fails as derive_child does: a hardened step needs the private key (key-hardened).
Result<Bytes> derive_key(const bitcoin::Curve& curve, const KeyExpression& key, std::uint32_t index);

}  // namespace ben::watch
