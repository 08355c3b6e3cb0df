// Any text: a mnemonic that parses is written in the list's own words and parses to the same entropy, whose
// size is one of five. Any bytes: entropy of such a size has words, which parse to it again.
#include <algorithm>

#include "bip39/mnemonic.hpp"
#include "require.hpp"

namespace {

using ben::bip39::Mnemonic;

void check_words(const Mnemonic& mnemonic) {
  const ben::bip39::WipedBytes written = mnemonic.words();
  const std::string_view words = ben::as_text(written.expose());
  const auto spaces = static_cast<std::size_t>(std::ranges::count(words, ' '));
  require(mnemonic.entropy().size() == (spaces + 1) * 4 / 3);
  require(spaces + 1 <= ben::bip39::words_max);
  const auto again = Mnemonic::parse(words);
  require(again.has_value() && ben::equal(again->entropy(), mnemonic.entropy()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ben::ByteView input(data, size);
  if (const auto parsed = Mnemonic::parse(ben::as_text(input)); parsed) check_words(*parsed);
  const bool is_size = size == 16 || size == 20 || size == 24 || size == 28 || size == 32;
  const auto made = Mnemonic::from_entropy(input);
  require(made.has_value() == is_size);
  if (made) check_words(*made);
  return 0;
}
