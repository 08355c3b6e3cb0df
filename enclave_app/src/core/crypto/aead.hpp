// ChaCha20-Poly1305 (RFC 8439).
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

namespace ben {

inline constexpr std::size_t aead_tag_bytes = 16;
using AeadNonce = ByteArray<12>;

// Ciphertext followed by the 16-byte tag. A key and a nonce together may be used once.
[[nodiscard]] Bytes aead_seal(const Secret<32>& key, const AeadNonce& nonce, ByteView aad,
                              ByteView plaintext) noexcept;

// `sealed`: ciphertext followed by tag; `plaintext`: exactly sealed.size() - 16 bytes, filled on success,
// zero otherwise. False when the tag does not match or the sizes do not fit.
[[nodiscard]] bool aead_open(const Secret<32>& key, const AeadNonce& nonce, ByteView aad, ByteView sealed,
                             std::span<std::uint8_t> plaintext) noexcept;

}  // namespace ben
