#include "watch/account_descriptor.hpp"

#include <algorithm>

#include "watch/descriptor.hpp"

namespace ben::watch {

using bitcoin::Account;
using bitcoin::Curve;
using bitcoin::hardened;
using bitcoin::Network;
using bitcoin::Purpose;

Result<Account> parse_descriptor(const Curve& curve, Network network, std::string_view text) {
  const Error bad_form{
      ErrorCode::malformed, "key-descriptor",
      "descriptor: want pkh, sh(wpkh), wpkh or tr of one account with /<0;1>/* and checksum"};
  if (text.size() > descriptor_chars_max) return bad_form;
  const auto descriptor = parse_output_descriptor(curve, network, text);
  if (!descriptor) return descriptor.error();
  const KeyExpression& key = descriptor->keys.front();
  if (!key.origin || key.origin->path.size() != 3 || !key.parent) return bad_form;
  const auto purpose = static_cast<Purpose>(key.origin->path.front() & ~hardened);
  const std::uint32_t number = key.origin->path.back();
  if (std::ranges::find(bitcoin::purposes, purpose) == bitcoin::purposes.end()) return bad_form;
  if (key.parent->depth != 3 || key.parent->child_number != number) return bad_form;
  const Account account{.id = {.purpose = purpose, .number = number & ~hardened},
                        .network = network,
                        .master_fingerprint = key.origin->fingerprint,
                        .key = *key.parent};
  if (encode_descriptor(account) != text) return bad_form;  // all else is fixed
  return account;
}

}  // namespace ben::watch
