// Keys as descriptors name them (BIP 380, BIP 389): a point in hex, or an extended key with a path, after an
// optional origin.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "bitcoin/bip32.hpp"

namespace ben::watch {

inline constexpr std::size_t key_expression_chars_max = 1024;

// "[fingerprint/path]": where a key is from, by the word of who wrote it.
struct KeyOrigin {
  bitcoin::Fingerprint fingerprint{};
  std::vector<std::uint32_t> path;
};

// Which of a descriptor's scripts: `branch` counts the alternatives of "<0;1>", `index` stands for "*". What
// a key has neither of is not looked at.
struct ScriptPlace {
  std::size_t branch = 0;
  std::uint32_t index = 0;
};

struct KeyExpression {
  enum class Range : std::uint8_t {
    none,
    children,
    hardened_children
  };  // what follows the path: "", "/*", "/*h"

  std::optional<KeyOrigin> origin;
  Bytes point;  // 33 or 65 bytes; empty for an extended key
  std::optional<bitcoin::ExtendedPublicKey> parent;
  std::vector<std::uint32_t> path;
  std::vector<std::uint32_t> branches;  // BIP 389: the alternatives of one step; empty where none has any
  std::size_t branch_step = 0;          // that step's position in `path`, which holds the first of them
  Range range = Range::none;
};

enum class KeyForm : std::uint8_t { any, compressed, x_only };  // x_only takes compressed ones too (BIP 386)

// Fails with `malformed` (key-xpub): wrong checksum, size, version bytes of the network or point, or a depth
// of zero with a parent or child number (BIP 32).
Result<bitcoin::ExtendedPublicKey> parse_xpub(const bitcoin::Curve& curve, bitcoin::Network network,
                                              std::string_view text);

// "/84h/1h/0'/0/7", or nothing for no step. Fails with `malformed` (key-expression).
Result<std::vector<std::uint32_t>> parse_key_path(std::string_view text);

// Fails with `malformed` (key-expression, key-xpub) for text of another form, or a key of another network,
// and with `refused` (key-expression-private) for a private key, in WIF or extended, with whatever path it
// may have.
Result<KeyExpression> parse_key_expression(const bitcoin::Curve& curve, bitcoin::Network network,
                                           std::string_view text, KeyForm form = KeyForm::any);

// The steps from the extended key down to the key of that place. `place.branch` is below the number of
// `key.branches`, where there are any.
[[nodiscard]] std::vector<std::uint32_t> path_of(const KeyExpression& key, const ScriptPlace& place);

// The key of that place, 33 or 65 bytes. Fails as derive_child does: a hardened step needs the private key
// (key-hardened).
Result<Bytes> derive_key(const bitcoin::Curve& curve, const KeyExpression& key, const ScriptPlace& place);

}  // namespace ben::watch
