// The standard scriptPubKey forms: making and recognizing them.
#pragma once

#include <optional>

#include "base/bytes.hpp"

namespace ben::bitcoin {

using Script = Bytes;

// The forms of our own scripts, each by the number of the BIP that fixes it and the path of its keys.
enum class Purpose : std::uint8_t {
  p2pkh = 44,
  p2sh_p2wpkh = 49,
  p2wpkh = 84,
  p2tr = 86,
};
inline constexpr std::array purposes{Purpose::p2pkh, Purpose::p2sh_p2wpkh, Purpose::p2wpkh, Purpose::p2tr};

[[nodiscard]] Script make_p2pkh(ByteView key_hash20);
[[nodiscard]] Script make_p2sh(ByteView script_hash20);
// `version` 0..16 and a program of 2 to 40 bytes (BIP 141).
[[nodiscard]] Script make_witness_script(unsigned version, ByteView program);
// `key`: compressed.
[[nodiscard]] Script make_p2wpkh(ByteView key);
// `key`: compressed, or for P2TR the 32 bytes of the output key.
[[nodiscard]] Script make_script(Purpose purpose, ByteView key);

// The form of a script, or nothing. Every P2SH script counts as P2SH-P2WPKH: it does not show what it hashes.
[[nodiscard]] std::optional<Purpose> purpose_of(ByteView script) noexcept;
[[nodiscard]] bool is_p2wsh(ByteView script) noexcept;

}  // namespace ben::bitcoin
