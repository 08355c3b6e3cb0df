// BIP 39's English word list, in its order, which is that of the alphabet.
#pragma once

#include <array>
#include <string_view>

namespace ben::bip39 {

extern const std::array<std::string_view, 2048> english_words;

}  // namespace ben::bip39
