#include "watch/key_expression.hpp"

#include <algorithm>
#include <charconv>

#include "base/hex.hpp"
#include "base/reader.hpp"
#include "bitcoin/encoding.hpp"
#include "watch/derivation.hpp"

namespace ben::watch {

using bitcoin::Curve;
using bitcoin::ExtendedPublicKey;
using bitcoin::hardened;
using bitcoin::Network;
using Range = KeyExpression::Range;

namespace {

constexpr Error bad_form{
    ErrorCode::malformed, "key-expression",
    "descriptor: want a public key in hex, or an xpub with a path, after its origin if any"};
constexpr Error is_private{
    ErrorCode::refused, "key-expression-private",
    "descriptor: this is a private key, which only its wallet needs: give the public one"};
constexpr std::size_t compressed_bytes = 33;
constexpr std::size_t uncompressed_bytes = 65;
constexpr std::size_t x_only_bytes = 32;
constexpr std::size_t extended_bytes = 78;

bool take_hardened_mark(std::string_view& step) {
  const bool is_marked = step.ends_with('\'') || step.ends_with('h');
  if (is_marked) step.remove_suffix(1);
  return is_marked;
}

// "7", "7h" or "7'".
std::optional<std::uint32_t> parse_step(std::string_view text) {
  const bool is_hardened = take_hardened_mark(text);
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(text.begin(), text.end(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != text.end() || number >= hardened) return std::nullopt;
  return is_hardened ? number | hardened : number;
}

// Takes what stands before the next `end`, or all, off the front of `text`.
std::string_view take_until(std::string_view& text, char end) {
  const std::size_t size = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return taken;
}

// "<0;1>", "<0;1h;2>": two steps or more, none of them twice (BIP 389).
bool parse_branches(std::string_view text, std::vector<std::uint32_t>& branches) {
  if (!text.starts_with('<') || !text.ends_with('>')) return false;
  text = text.substr(1, text.size() - 2);
  if (text.ends_with(';')) return false;
  while (!text.empty()) {
    const auto step = parse_step(take_until(text, ';'));
    if (!step || std::ranges::find(branches, *step) != branches.end()) return false;
    branches.push_back(*step);
  }
  return branches.size() > 1;
}

// "/0/<1;2>/3h", and at the end also "/*" or "/*h". False for another form.
bool parse_path(std::string_view text, KeyExpression& key) {
  while (!text.empty()) {
    if (text.front() != '/' || text.size() == 1 || key.range != Range::none) return false;
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find('/'), text.size());
    const std::string_view step = text.substr(0, end);
    text.remove_prefix(end);
    if (step == "*") {
      key.range = Range::children;
    } else if (step == "*h" || step == "*'") {
      key.range = Range::hardened_children;
    } else if (step.starts_with('<')) {
      if (!key.branches.empty() || !parse_branches(step, key.branches)) return false;
      key.branch_step = key.path.size();
      key.path.push_back(key.branches.front());
    } else {
      const auto number = parse_step(step);
      if (!number) return false;
      key.path.push_back(*number);
    }
  }
  return true;
}

bool take_origin(std::string_view& text, std::optional<KeyOrigin>& origin) {
  if (!text.starts_with('[')) return true;
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos || end < 9) return false;
  const auto fingerprint = parse_hex_array<4>(text.substr(1, 8));
  auto path = parse_key_path(text.substr(9, end - 9));
  if (!fingerprint || !path) return false;
  origin = KeyOrigin{.fingerprint = *fingerprint, .path = *std::move(path)};
  text.remove_prefix(end + 1);
  return true;
}

Result<Bytes> parse_point(const Curve& curve, std::string_view text, KeyForm form) {
  auto point = parse_hex(text);
  if (!point) return bad_form;
  if (point->size() == x_only_bytes && form == KeyForm::x_only) point->insert(point->begin(), 0x02);
  if (point->size() == uncompressed_bytes && form == KeyForm::any) {
    secp256k1_pubkey parsed;
    if (point->front() != 0x04 ||
        secp256k1_ec_pubkey_parse(secp256k1_context_static, &parsed, point->data(), point->size()) != 1)
      return bad_form;
    return *std::move(point);
  }
  if (!parse_public_key(curve, *point)) return bad_form;
  return *std::move(point);
}

// Whether a base58check payload is a private key, which is told from a public one only to be refused.
bool is_wif(ByteView payload, Network network, KeyForm form) {
  const bool is_compressed = payload.size() == 34 && payload.back() == 1;
  if (!is_compressed && (payload.size() != 33 || form != KeyForm::any)) return false;
  return payload.front() == (network == Network::main ? 0x80 : 0xef);
}

bool is_xprv(ByteView payload, Network network) {
  return Reader(payload).u32_be() == (network == Network::main ? 0x0488ade4 : 0x04358394);  // BIP 32
}

}  // namespace

Result<ExtendedPublicKey> parse_xpub(const Curve& curve, Network network, std::string_view text) {
  const Error bad_key{ErrorCode::malformed, "key-xpub", "key: not an extended public key of this network"};
  const auto payload = bitcoin::parse_base58check(text);
  if (!payload || payload->size() != extended_bytes) return bad_key;
  Reader reader(*payload);
  const std::uint32_t version = reader.u32_be();
  ExtendedPublicKey key{};
  key.depth = reader.u8();
  key.parent = to_array<4>(reader.take(4));
  key.child_number = reader.u32_be();
  key.chain_code = to_array<32>(reader.take(32));
  const auto point = parse_public_key(curve, reader.take(33));
  const bool is_rooted = key.depth > 0 || (key.parent == bitcoin::Fingerprint{} && key.child_number == 0);
  if (version != bitcoin::parameters_of(network).xpub_version || !is_rooted || !point) return bad_key;
  key.key = *point;
  return key;
}

Result<std::vector<std::uint32_t>> parse_key_path(std::string_view text) {
  KeyExpression key;
  if (!parse_path(text, key) || key.range != Range::none || !key.branches.empty()) return bad_form;
  return std::move(key.path);
}

Result<KeyExpression> parse_key_expression(const Curve& curve, Network network, std::string_view text,
                                           KeyForm form) {
  KeyExpression key;
  if (text.size() > key_expression_chars_max || !take_origin(text, key.origin)) return bad_form;
  const std::size_t path_start = std::min(text.find('/'), text.size());
  const std::string_view base = text.substr(0, path_start);
  if (!parse_path(text.substr(path_start), key)) return bad_form;
  const bool has_path = path_start != text.size();

  if (base.size() == 2 * x_only_bytes || base.size() == 2 * compressed_bytes ||
      base.size() == 2 * uncompressed_bytes) {
    if (has_path) return bad_form;
    auto point = parse_point(curve, base, form);
    if (!point) return point.error();
    key.point = *std::move(point);
    return key;
  }
  const auto payload = bitcoin::parse_base58check(base);
  if (!payload) return bad_form;
  if (payload->size() != extended_bytes)
    return !has_path && is_wif(*payload, network, form) ? is_private : bad_form;
  if (is_xprv(*payload, network)) return is_private;
  const auto parent = parse_xpub(curve, network, base);
  if (!parent) return parent.error();
  key.parent = *parent;
  return key;
}

std::vector<std::uint32_t> path_of(const KeyExpression& key, const ScriptPlace& place) {
  std::vector<std::uint32_t> path = key.path;
  if (!key.branches.empty()) path[key.branch_step] = key.branches.at(place.branch);
  if (key.range == Range::children) path.push_back(place.index);
  if (key.range == Range::hardened_children) path.push_back(place.index | hardened);
  return path;
}

Result<Bytes> derive_key(const Curve& curve, const KeyExpression& key, const ScriptPlace& place) {
  if (!key.parent) return key.point;
  ExtendedPublicKey child = *key.parent;
  for (const std::uint32_t step : path_of(key, place)) {
    const auto next = derive_child(curve, child, step);
    if (!next) return next.error();
    child = *next;
  }
  return to_bytes(child.key.encoded);
}

}  // namespace ben::watch
