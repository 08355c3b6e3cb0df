// Ed25519 keys of admins and requesters: PKCS#8 PEM files, encrypted by a passphrase unless asked otherwise.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "crypto/ed25519.hpp"

namespace ben::cli {

// Where a passphrase comes from: a file's first line, else the terminal, asked without echo.
struct PassphraseSource {
  std::string file;  // empty: the terminal
};

// Makes a key and writes it to `path`, mode 0600; an existing file is never overwritten. The file is
// encrypted with AES-256-CBC under scrypt (RFC 7914; N = 16384, r = 8, p = 8, the memory of 16 MiB that
// OpenSSL opens without a flag), or plain. Stops: file-exists, file-write, key-passphrase.
Ed25519PublicKey make_key_file(const std::filesystem::path& path, bool plain, const PassphraseSource& source);

// Stops: file-read, key-file (not an Ed25519 key in PKCS#8 PEM), key-passphrase.
Ed25519Key read_key_file(const std::filesystem::path& path, const PassphraseSource& source);

// A point of small order: signatures under such a key can be made by anybody, for any message.
[[nodiscard]] bool has_small_order(const Ed25519PublicKey& key) noexcept;

// A public key from 64 hex digits, or of a file that holds them or a PEM public key. Stops: key-public, also
// for a key of small order.
Ed25519PublicKey parse_public_key(const std::string& text);

}  // namespace ben::cli
