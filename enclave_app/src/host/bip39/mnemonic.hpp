// Mnemonics in English words (BIP 39): entropy, its words, and the seed of a wallet. For looking at the
// backups of other wallets; the signer's own seed has no words and never leaves it.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "bip39/wiped_bytes.hpp"

namespace ben::bip39 {

inline constexpr std::size_t entropy_bytes_min = 16;
inline constexpr std::size_t entropy_bytes_max = 32;
inline constexpr std::size_t words_max = 24;
inline constexpr std::size_t passphrase_chars_max = 1024;

// The position in the list of a word written in full, in small letters.
[[nodiscard]] std::optional<std::uint16_t> find_word(std::string_view word);

class Mnemonic {
 public:
  // Takes 12, 15, 18, 21 or 24 words with white space between them. Fails with `malformed`: mnemonic-count,
  // mnemonic-word (not of the list), mnemonic-checksum.
  static Result<Mnemonic> parse(std::string_view text);

  // Takes 16, 20, 24, 28 or 32 bytes. Fails with `malformed` (mnemonic-entropy) for another size.
  static Result<Mnemonic> from_entropy(ByteView entropy);

  [[nodiscard]] ByteView entropy() const noexcept { return ByteView(entropy_.expose()).first(size_); }

  // The words with one space between two.
  [[nodiscard]] WipedBytes words() const;

  // PBKDF2 of the words and `passphrase`, which may be empty. BIP 39 wants both in one form of Unicode
  // (NFKD), which ASCII always has. Fails with `refused` (mnemonic-passphrase) for another character than
  // printable ASCII or too many of them.
  [[nodiscard]] Result<Secret<64>> seed(std::string_view passphrase) const;

 private:
  Mnemonic() = default;

  Secret<entropy_bytes_max> entropy_;
  std::size_t size_ = 0;
};

}  // namespace ben::bip39
