// The sealed seed: what the untrusted parent stores between boots.
//
// | offset  | size | field                                                                      |
// |---------|------|----------------------------------------------------------------------------|
// | 0       | 4    | "BENS"                                                                     |
// | 4       | 2    | version, 1                                                                 |
// | 6       | 32   | wallet_id                                                                  |
// | 38      | 32   | config_hash of the sealer                                                  |
// | 70      | 144  | PCR0, PCR1, PCR2 of the sealer                                             |
// | 214     | 2    | n, 384 (RSA_3072) or 512 (RSA_4096)                                        |
// | 216     | n    | wrapped data key: RSAES-OAEP-SHA-256 of "BEN1" || data key || config_hash  |
// | 216 + n | 32   | salt                                                                       |
// | 248 + n | 48   | seed (32) under ChaCha20-Poly1305, tag (16); AAD is all before             |
//
// Integers are big-endian. The AEAD key is HKDF-SHA-256 of data key and salt with label "ben/seal/v1", made
// for one save only, so its nonce is zero.
#pragma once

#include "crypto/hash.hpp"
#include "sealing/cms.hpp"

namespace ben {

using WalletSeed = Secret<32>;

// Who sealed, as the blob says. Only opening it proves that the sealer knew the data key; the caller compares
// wallet, config and measurements with its own before it believes them.
struct SealedSeedHeader {
  Hash256 wallet_id{};
  Hash256 config_hash{};
  std::array<Hash384, 3> image{};  // PCR0, PCR1, PCR2

  friend bool operator==(const SealedSeedHeader&, const SealedSeedHeader&) = default;
};

// Views point into the parsed blob.
struct SealedSeed {
  SealedSeedHeader header;
  ByteView wrapped_data_key;  // what KMS Decrypt gets as CiphertextBlob
  ByteView salt;
  ByteView aad;
  ByteView ciphertext;
};

// Fails with `malformed` (seal-form) on another magic, version or size.
Result<SealedSeed> parse_sealed_seed(ByteView blob);

// Seals under the data key and the salt that `fresh` is, 64 random bytes of their own for each call, so equal
// seeds give unrelated blobs of 680 or 808 bytes. Fails with `internal` (seal-wrap). The data key does not
// outlive the call: nobody, this enclave included, opens the blob without KMS.
Result<Bytes> seal_seed(const WalletSeed& seed, const SealedSeedHeader& sealer, const RsaPublicKey& kms_key,
                        Secret<64> fresh);

// Fails with `refused` (seal-open), one answer for every cause: a forged or altered reply, another data key,
// another config hash in the payload, an altered blob.
Result<WalletSeed> open_sealed_seed(const SealedSeed& sealed, const WrapPayload& payload);

}  // namespace ben
