// Symmetric ciphers: ChaCha20-Poly1305 (RFC 8439), and AES-256-CBC for what KMS sends.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

namespace ben {

inline constexpr std::size_t aead_tag_bytes = 16;
using AeadNonce = ByteArray<12>;

// ChaCha20-Poly1305: ciphertext followed by the 16-byte tag. A key and a nonce together may be used once.
[[nodiscard]] Bytes aead_seal(const Secret<32>& key, const AeadNonce& nonce, ByteView aad,
                              ByteView plaintext) noexcept;

// `sealed`: ciphertext followed by tag; `plaintext`: exactly sealed.size() - 16 bytes, filled on success,
// zero otherwise. False when the tag does not match or the sizes do not fit.
[[nodiscard]] bool aead_open(const Secret<32>& key, const AeadNonce& nonce, ByteView aad, ByteView sealed,
                             std::span<std::uint8_t> plaintext) noexcept;

// AES-256 in CBC mode, decryption without any padding rule: KMS replies are opened with it (RFC 3565).
// `ciphertext`: whole blocks of 16 bytes; `plaintext`: as many bytes, padding included.
// Nothing here authenticates: the caller must not let an observer learn what the plaintext looks like.
void aes256_cbc_decrypt(const Secret<32>& key, const ByteArray<16>& iv, ByteView ciphertext,
                        std::span<std::uint8_t> plaintext) noexcept;

}  // namespace ben
