#include "bip39/mnemonic.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include "bip39/english.hpp"
#include "crypto/hash.hpp"

namespace ben::bip39 {
namespace {

constexpr unsigned word_bits = 11;
constexpr int pbkdf2_rounds = 2048;
constexpr std::string_view salt_prefix = "mnemonic";
constexpr std::string_view white_space = " \t\r\n";

bool is_entropy_size(std::size_t bytes) {
  return bytes >= entropy_bytes_min && bytes <= entropy_bytes_max && bytes % 4 == 0;
}

// Entropy, and one bit of its hash for each four bytes: always within its first byte.
WipedBytes with_checksum(ByteView entropy) {
  WipedBytes bits(entropy.size() + 1);
  std::ranges::copy(entropy, bits.expose_mutable().begin());
  bits.expose_mutable().back() = sha256(entropy)[0];
  return bits;
}

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(white_space));
  text.remove_prefix(word.size());
  return word;
}

std::size_t count_words(std::string_view text) {
  std::size_t count = 0;
  while (count <= words_max && !take_word(text).empty()) ++count;
  return count;
}

// The word's 11 bits, from its highest one, into `bits` at bit `position`.
void put_bits(std::span<std::uint8_t> bits, std::size_t position, std::uint16_t word) {
  for (unsigned i = 0; i < word_bits; ++i, ++position) {
    const unsigned bit = (word >> (word_bits - 1 - i)) & 1U;
    bits[position / 8] = static_cast<std::uint8_t>(bits[position / 8] | (bit << (7 - position % 8)));
  }
}

std::uint16_t take_bits(ByteView bits, std::size_t position) {
  unsigned word = 0;
  for (unsigned i = 0; i < word_bits; ++i, ++position)
    word = word << 1U | ((bits[position / 8] >> (7 - position % 8)) & 1U);
  return static_cast<std::uint16_t>(word);
}

}  // namespace

std::optional<std::uint16_t> find_word(std::string_view word) {
  const auto* const found = std::ranges::lower_bound(english_words, word);
  if (found == english_words.end() || *found != word) return std::nullopt;
  return static_cast<std::uint16_t>(found - english_words.begin());
}

Result<Mnemonic> Mnemonic::from_entropy(ByteView entropy) {
  if (!is_entropy_size(entropy.size()))
    return malformed("mnemonic-entropy", "mnemonic: entropy has 16, 20, 24, 28 or 32 bytes");
  Mnemonic mnemonic;
  std::ranges::copy(entropy, mnemonic.entropy_.expose_mutable().begin());
  mnemonic.size_ = entropy.size();
  return mnemonic;
}

Result<Mnemonic> Mnemonic::parse(std::string_view text) {
  const std::size_t words = count_words(text);
  const std::size_t bytes = words * 4 / 3;
  if (words % 3 != 0 || !is_entropy_size(bytes))
    return malformed("mnemonic-count", "mnemonic: want 12, 15, 18, 21 or 24 words");
  WipedBytes bits(bytes + 1);
  for (std::size_t i = 0; i < words; ++i) {
    const auto word = find_word(take_word(text));
    if (!word) return malformed("mnemonic-word", "mnemonic: a word is not of BIP 39's English list");
    put_bits(bits.expose_mutable(), i * word_bits, *word);
  }
  const ByteView entropy = bits.expose().first(bytes);
  const unsigned unused_bits = 8 - static_cast<unsigned>(bytes / 4);
  if (sha256(entropy)[0] >> unused_bits != bits.expose().back() >> unused_bits) {
    return malformed("mnemonic-checksum",
                     "mnemonic: its checksum is wrong: a word or their order is not right");
  }
  return from_entropy(entropy);
}

WipedBytes Mnemonic::words() const {
  const WipedBytes bits = with_checksum(entropy());
  const std::size_t count = size_ * 3 / 4;
  const auto word_at = [&](std::size_t i) { return english_words[take_bits(bits.expose(), i * word_bits)]; };
  std::size_t size = count - 1;  // the spaces
  for (std::size_t i = 0; i < count; ++i) size += word_at(i).size();
  WipedBytes text(size);
  auto end = text.expose_mutable().begin();
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) *end++ = ' ';
    end = std::ranges::copy(word_at(i), end).out;
  }
  return text;
}

Result<Secret<64>> Mnemonic::seed(std::string_view passphrase) const {
  const bool is_ascii = std::ranges::all_of(passphrase, [](char c) { return c >= ' ' && c <= '~'; });
  if (!is_ascii || passphrase.size() > passphrase_chars_max)
    return refused("mnemonic-passphrase", "mnemonic: a passphrase is taken in printable ASCII only");
  const WipedBytes text = words();
  const std::string_view password = as_text(text.expose());
  WipedBytes salt(salt_prefix.size() + passphrase.size());
  std::ranges::copy(passphrase, std::ranges::copy(salt_prefix, salt.expose_mutable().begin()).out);
  Secret<64> seed;
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.expose().data(),
                        static_cast<int>(salt.expose().size()), pbkdf2_rounds, EVP_sha512(), 64,
                        seed.expose_mutable().data()) != 1)
    return internal("mnemonic-internal", "mnemonic: libcrypto makes no seed");
  return seed;
}

}  // namespace ben::bip39
