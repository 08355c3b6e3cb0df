// HMAC-SHA-512 (RFC 2104) and HKDF-SHA-256 (RFC 5869). Their results are secrets.
#pragma once

#include "base/secret.hpp"

namespace ben {

[[nodiscard]] Secret<64> hmac_sha512(ByteView key, ByteView message) noexcept;

// Extract and expand, `out` of 1 to 8160 bytes.
void hkdf_sha256_into(ByteView key_material, ByteView salt, std::string_view info,
                      std::span<std::uint8_t> out) noexcept;

template <std::size_t N>
[[nodiscard]] Secret<N> hkdf_sha256(ByteView key_material, ByteView salt, std::string_view info) noexcept {
  Secret<N> key;
  hkdf_sha256_into(key_material, salt, info, key.expose_mutable());
  return key;
}

}  // namespace ben
