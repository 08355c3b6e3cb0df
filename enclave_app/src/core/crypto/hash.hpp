// Hash functions: SHA-2 (FIPS 180-4), RIPEMD-160, Bitcoin's combinations of them, and HMAC and HKDF on them.
#pragma once

#include <initializer_list>

#include <openssl/sha.h>

#include "base/secret.hpp"

namespace ben {

using Hash160 = ByteArray<20>;
using Hash256 = ByteArray<32>;
using Hash384 = ByteArray<48>;
using Hash512 = ByteArray<64>;

// Incremental SHA-256. A copy keeps the state reached so far (a midstate).
class Sha256 {
 public:
  Sha256() noexcept;
  Sha256& update(ByteView bytes) noexcept;
  [[nodiscard]] Hash256 finish() noexcept;

 private:
  SHA256_CTX context_;
};

[[nodiscard]] Hash256 sha256(ByteView bytes) noexcept;
[[nodiscard]] Hash256 sha256(std::initializer_list<ByteView> parts) noexcept;
[[nodiscard]] Hash256 sha256d(ByteView bytes) noexcept;  // SHA-256 of SHA-256
[[nodiscard]] Hash384 sha384(std::initializer_list<ByteView> parts) noexcept;
[[nodiscard]] Hash512 sha512(std::initializer_list<ByteView> parts) noexcept;
[[nodiscard]] Hash160 hash160(ByteView bytes) noexcept;  // RIPEMD-160 of SHA-256

// A SHA-256 that has taken SHA256(tag) twice (BIP 340, "tagged hashes").
[[nodiscard]] Sha256 tagged_sha256(std::string_view tag) noexcept;

// HMAC-SHA-512 (RFC 2104).
[[nodiscard]] Secret<64> hmac_sha512(ByteView key, ByteView message) noexcept;

// HKDF-SHA-256 (RFC 5869), extract and expand: `out` of 1 to 8160 bytes.
void hkdf_sha256_into(ByteView key_material, ByteView salt, std::string_view info,
                      std::span<std::uint8_t> out) noexcept;

template <std::size_t N>
[[nodiscard]] Secret<N> hkdf_sha256(ByteView key_material, ByteView salt, std::string_view info) noexcept {
  Secret<N> key;
  hkdf_sha256_into(key_material, salt, info, key.expose_mutable());
  return key;
}

}  // namespace ben
