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

std::string encode_descriptor(const Account& account) {
  const bool is_taproot = account.id.purpose == Purpose::p2tr;
  const std::string body =
      (is_taproot ? "tr([" : "wpkh([") + encode_hex(account.master_fingerprint) +
      (is_taproot ? "/86h/" : "/84h/") + std::to_string(parameters_of(account.network).coin_type) + "h/" +
      std::to_string(account.id.number) + "h]" + encode_xpub(account.network, account.key) + "/<0;1>/*)";
  return body + '#' + *descriptor_checksum(body);
}

}  // namespace ben::bitcoin
