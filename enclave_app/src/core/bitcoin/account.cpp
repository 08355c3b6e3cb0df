#include "bitcoin/account.hpp"

#include "base/hex.hpp"
#include "bitcoin/encoding.hpp"

namespace ben::bitcoin {
namespace {

// What a descriptor has before and after the key.
std::pair<std::string_view, std::string_view> wrapping_of(Purpose purpose) noexcept {
  if (purpose == Purpose::p2pkh) return {"pkh(", ")"};
  if (purpose == Purpose::p2sh_p2wpkh) return {"sh(wpkh(", "))"};
  if (purpose == Purpose::p2wpkh) return {"wpkh(", ")"};
  return {"tr(", ")"};
}

}  // namespace

std::array<std::uint32_t, 3> account_path(const AccountId& id, Network network) noexcept {
  return {static_cast<std::uint32_t>(id.purpose) | hardened, parameters_of(network).coin_type | hardened,
          id.number | hardened};
}

std::string encode_account_path(const Account& account) {
  std::string text;
  for (const std::uint32_t step : account_path(account.id, account.network))
    text += (text.empty() ? "" : "/") + std::to_string(step & ~hardened) + 'h';
  return text;
}

std::string encode_descriptor(const Account& account) {
  const auto [head, tail] = wrapping_of(account.id.purpose);
  const std::string body = std::string(head) + '[' + encode_hex(account.master_fingerprint) + '/' +
                           encode_account_path(account) + ']' + encode_xpub(account.network, account.key) +
                           "/<0;1>/*" + std::string(tail);
  return body + '#' + *descriptor_checksum(body);
}

}  // namespace ben::bitcoin
