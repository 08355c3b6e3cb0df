#include "watch/account_descriptor.hpp"

#include <charconv>

#include "base/hex.hpp"
#include "base/reader.hpp"
#include "bitcoin/base58.hpp"

namespace ben::watch {

using bitcoin::Account;
using bitcoin::AccountId;
using bitcoin::Curve;
using bitcoin::ExtendedPublicKey;
using bitcoin::Fingerprint;
using bitcoin::Network;
using bitcoin::Purpose;

Result<ExtendedPublicKey> parse_xpub(const Curve& curve, Network network, std::string_view text) {
  const Error bad_form{ErrorCode::malformed, "key-xpub", "key: not an extended public key of this network"};
  const auto payload = bitcoin::parse_base58check(text);
  if (!payload || payload->size() != 78) return bad_form;
  Reader reader(*payload);
  const std::uint32_t version = reader.u32_be();
  ExtendedPublicKey key{};
  key.depth = reader.u8();
  key.parent = to_array<4>(reader.take(4));
  key.child_number = reader.u32_be();
  key.chain_code = to_array<32>(reader.take(32));
  key.encoded_key = to_array<33>(reader.take(33));
  const auto point = curve.parse_public_key(key.encoded_key);
  const bool is_rooted = key.depth > 0 || (key.parent == Fingerprint{} && key.child_number == 0);
  if (version != bitcoin::parameters_of(network).xpub_version || !is_rooted || !point) return bad_form;
  key.key = *point;
  return key;
}

Result<Account> parse_descriptor(const Curve& curve, Network network, std::string_view text) {
  const Error bad_form{ErrorCode::malformed, "key-descriptor",
                       "descriptor: want wpkh or tr of one account with /<0;1>/* and checksum"};
  // Takes the three values out, and then compares the text with the one they encode to: all else is fixed.
  const std::size_t origin = text.find('[');
  const std::size_t key_start = text.find(']');
  const std::size_t key_end = text.find("/<0;1>/*)");
  if (text.size() > descriptor_chars_max || key_end == std::string_view::npos || key_start > key_end ||
      origin > key_start || key_start - origin < 10)
    return bad_form;
  const auto fingerprint = parse_hex_array<4>(text.substr(origin + 1, 8));
  const std::string_view path = text.substr(0, key_start);
  AccountId id{.purpose = text.starts_with("tr(") ? Purpose::p2tr : Purpose::p2wpkh};
  const std::string_view number = path.substr(path.rfind('/') + 1);
  const auto parsed = std::from_chars(number.begin(), number.end(), id.number);
  if (!fingerprint || parsed.ec != std::errc{} || id.number >= bitcoin::hardened) return bad_form;

  const auto key = parse_xpub(curve, network, text.substr(key_start + 1, key_end - key_start - 1));
  if (!key) return key.error();
  if (key->depth != 3 || key->child_number != (id.number | bitcoin::hardened)) return bad_form;
  const Account account{.id = id, .network = network, .master_fingerprint = *fingerprint, .key = *key};
  if (encode_descriptor(account) != text) return bad_form;
  return account;
}

}  // namespace ben::watch
