// Makes CiphertextForRecipient as AWS KMS does: CMS EnvelopedData (RFC 5652) in BER with indefinite lengths.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ben::emulator {

// The content is one primitive string, or constructed of chunks: KMS sends both.
struct EnvelopeContent {
  std::size_t chunk_bytes = 1000;  // 0: primitive
};

// Encrypts `plaintext` under a fresh AES-256 key, and that key to an RSA-2048 key.
//
// `recipient_spki`: DER SubjectPublicKeyInfo, as an attestation document carries it in public_key.
// Fails with `malformed` (kms-recipient) where that is not an RSA-2048 key.
Result<Bytes> make_envelope(ByteView recipient_spki, ByteView plaintext, const EnvelopeContent& content = {});

}  // namespace ben::emulator
