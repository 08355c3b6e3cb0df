// The standard scriptPubKey forms: making and recognizing them.
#pragma once

#include "base/bytes.hpp"
#include "bitcoin/curve.hpp"

namespace ben::bitcoin {

using Script = Bytes;

[[nodiscard]] Script make_p2pkh(ByteView key_hash20);
[[nodiscard]] Script make_p2sh(ByteView script_hash20);
// `version` 0..16 and a program of 2 to 40 bytes (BIP 141).
[[nodiscard]] Script make_witness_script(unsigned version, ByteView program);
[[nodiscard]] Script make_p2wpkh(const CompressedKey& key);

[[nodiscard]] bool is_p2wpkh(ByteView script) noexcept;
[[nodiscard]] bool is_p2wsh(ByteView script) noexcept;
[[nodiscard]] bool is_p2tr(ByteView script) noexcept;

}  // namespace ben::bitcoin
