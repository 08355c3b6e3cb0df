// The keys of the local KMS, in memory and in a folder.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/rsa.hpp"

namespace ben::emulator {

struct StoredKey {
  std::string id;  // a UUID
  std::string spec;
  std::string usage;
  std::string description;
  std::string policy;
  bool is_enabled = true;
  std::int64_t created_at_s = 0;
  std::string rsa_pem;  // PKCS #8; empty for symmetric keys
  Bytes symmetric;      // 32 bytes; empty for RSA keys

  [[nodiscard]] bool is_rsa() const { return !rsa_pem.empty(); }
};

// One JSON file a key, mode 0600, in a folder of mode 0700. It holds the private keys in the clear: a KMS for
// development protects nothing.
class KeyStore {
 public:
  // Makes the folder and reads what it has. Fails with `unavailable` (kms-folder) or `malformed`
  // (kms-stored-key).
  static Result<KeyStore> open(std::filesystem::path folder);

  // A fresh key of RSA_2048, RSA_3072, RSA_4096 or SYMMETRIC_DEFAULT; `malformed` (kms-key-spec) for others.
  static Result<StoredKey> make_key(const std::string& spec);

  // Null where there is no such key. Valid until the next put().
  [[nodiscard]] const StoredKey* find(const std::string& id) const;

  // Adds or replaces a key, here and in the folder. Fails with `unavailable` (kms-folder).
  Result<> put(const StoredKey& key);

 private:
  explicit KeyStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path folder_;
  std::map<std::string, StoredKey> keys_;
};

// RSA with a stored key: OAEP with SHA-1 or SHA-256. Nothing where it fails.
[[nodiscard]] std::optional<Bytes> rsa_encrypt(const StoredKey& key, bool is_sha256, ByteView plaintext);
[[nodiscard]] std::optional<Bytes> rsa_decrypt(const StoredKey& key, bool is_sha256, ByteView ciphertext);
[[nodiscard]] Bytes rsa_public_key(const StoredKey& key);  // DER SubjectPublicKeyInfo

// AES-256-GCM would be AWS's; any AEAD does, as nobody but this store reads what it makes.
[[nodiscard]] Bytes symmetric_encrypt(const StoredKey& key, ByteView context, ByteView plaintext);
[[nodiscard]] std::optional<Bytes> symmetric_decrypt(const StoredKey& key, ByteView context,
                                                     ByteView ciphertext);

// The id of the key that made a symmetric ciphertext; empty where none of ours did.
[[nodiscard]] std::string key_id_of(ByteView ciphertext);

}  // namespace ben::emulator
