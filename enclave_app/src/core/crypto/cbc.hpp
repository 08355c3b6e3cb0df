// AES-256 in CBC mode, decryption without any padding rule: KMS replies are opened with it (RFC 3565).
#pragma once

#include "base/secret.hpp"

namespace ben {

// `ciphertext`: whole blocks of 16 bytes; the result has the same size, padding included.
// Nothing here authenticates: the caller must not let an observer learn what the plaintext looks like.
[[nodiscard]] WipedBytes aes256_cbc_decrypt(const Secret<32>& key, const ByteArray<16>& iv,
                                            ByteView ciphertext) noexcept;

}  // namespace ben
