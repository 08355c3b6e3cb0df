#include "watch/key_expression.hpp"

#include <algorithm>
#include <charconv>

#include "base/hex.hpp"
#include "base/reader.hpp"
#include "bitcoin/base58.hpp"
#include "watch/account_descriptor.hpp"
#include "watch/derivation.hpp"

namespace ben::watch {

using bitcoin::Curve;
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

// "/0/1h/2'", and where `range` is asked for also "/*" or "/*h" at the end. False for another form.
bool parse_path(std::string_view text, std::vector<std::uint32_t>& path, Range* range) {
  while (!text.empty()) {
    if (text.front() != '/') return false;
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find('/'), text.size());
    std::string_view step = text.substr(0, end);
    text.remove_prefix(end);
    const bool is_hardened = take_hardened_mark(step);
    if (step == "*") {
      if (range == nullptr || !text.empty()) return false;
      *range = is_hardened ? Range::hardened_children : Range::children;
      return true;
    }
    std::uint32_t number = 0;
    const auto parsed = std::from_chars(step.begin(), step.end(), number);
    if (parsed.ec != std::errc{} || parsed.ptr != step.end() || number >= hardened) return false;
    path.push_back(is_hardened ? number | hardened : number);
  }
  return true;
}

// "[fingerprint/path]" at the start says where a key is from, not what it is: it has to be of its form.
bool skip_origin(std::string_view& text) {
  if (!text.starts_with('[')) return true;
  const std::size_t end = text.find(']');
  std::vector<std::uint32_t> path;
  if (end == std::string_view::npos || end < 9 || !parse_hex(text.substr(1, 8)) ||
      !parse_path(text.substr(9, end - 9), path, nullptr))
    return false;
  text.remove_prefix(end + 1);
  return true;
}

Result<Bytes> parse_point(const Curve& curve, std::string_view text, KeyForm form) {
  auto point = parse_hex(text);
  if (!point) return bad_form;
  if (point->size() == x_only_bytes && form == KeyForm::x_only) point->insert(point->begin(), 0x02);
  if (point->size() == uncompressed_bytes && form == KeyForm::any) {
    // The curve of signing knows compressed points alone.
    secp256k1_pubkey parsed;
    if (point->front() != 0x04 ||
        secp256k1_ec_pubkey_parse(secp256k1_context_static, &parsed, point->data(), point->size()) != 1)
      return bad_form;
    return *std::move(point);
  }
  if (!curve.parse_public_key(*point)) return bad_form;
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

Result<KeyExpression> parse_key_expression(const Curve& curve, Network network, std::string_view text,
                                           KeyForm form) {
  KeyExpression key;
  if (text.size() > key_expression_chars_max || !skip_origin(text)) return bad_form;
  const std::size_t path_start = std::min(text.find('/'), text.size());
  const std::string_view base = text.substr(0, path_start);
  if (!parse_path(text.substr(path_start), key.path, &key.range)) return bad_form;
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

Result<Bytes> derive_key(const Curve& curve, const KeyExpression& key, std::uint32_t index) {
  if (!key.parent) return key.point;
  std::vector<std::uint32_t> path = key.path;
  if (key.range == Range::children) path.push_back(index);
  if (key.range == Range::hardened_children) path.push_back(index | hardened);
  bitcoin::ExtendedPublicKey child = *key.parent;
  for (const std::uint32_t step : path) {
    const auto next = derive_child(curve, child, step);
    if (!next) return next.error();
    child = *next;
  }
  return to_bytes(child.encoded_key);
}

}  // namespace ben::watch
