#include "bitcoin/descriptor.hpp"

#include "base/hex.hpp"

namespace ben::bitcoin {
namespace {

// One step of BIP 380's BCH code over 5-bit symbols.
std::uint64_t feed(std::uint64_t state, unsigned symbol) noexcept {
  constexpr std::array<std::uint64_t, 5> generator{0xf5dee51989, 0xa9fdca3312, 0x1bab10e32d, 0x3706b1677a,
                                                   0x644d626ffd};
  const std::uint64_t top = state >> 35U;
  state = ((state & 0x7ffffffffU) << 5U) ^ symbol;
  for (std::size_t i = 0; i < generator.size(); ++i) {
    if (((top >> i) & 1U) != 0) state ^= generator[i];
  }
  return state;
}

// What a descriptor has before and after the key.
std::pair<std::string_view, std::string_view> wrapping_of(Purpose purpose) noexcept {
  if (purpose == Purpose::p2pkh) return {"pkh(", ")"};
  if (purpose == Purpose::p2sh_p2wpkh) return {"sh(wpkh(", "))"};
  if (purpose == Purpose::p2wpkh) return {"wpkh(", ")"};
  return {"tr(", ")"};
}

}  // namespace

Result<std::string> descriptor_checksum(std::string_view descriptor) {
  constexpr std::string_view characters =
      "0123456789()[],'/*abcdefgh@:$%{}"
      "IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~"
      "ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";
  constexpr std::string_view alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  std::uint64_t state = 1;
  unsigned high_bits = 0;
  unsigned count = 0;
  for (const char character : descriptor) {
    const std::size_t position = characters.find(character);
    if (position == std::string_view::npos)
      return malformed("key-descriptor", "descriptor: a character outside BIP 380's set");
    state = feed(state, position & 31U);
    high_bits = high_bits * 3 + static_cast<unsigned>(position >> 5U);
    if (++count % 3 != 0) continue;
    state = feed(state, high_bits);
    high_bits = 0;
  }
  if (count % 3 != 0) state = feed(state, high_bits);
  for (unsigned i = 0; i < 8; ++i) state = feed(state, 0);
  std::string text;
  for (unsigned i = 0; i < 8; ++i) text.push_back(alphabet[((state ^ 1U) >> (5 * (7 - i))) & 31U]);
  return text;
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
