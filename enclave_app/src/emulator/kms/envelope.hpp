// Makes CiphertextForRecipient as AWS KMS does: CMS EnvelopedData (RFC 5652) in BER with indefinite lengths.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ben::emulator {

enum class EnvelopeAlgorithm : std::uint8_t {
  as_kms,     // RSAES-OAEP with SHA-256, AES-256-CBC
  oaep_sha1,  // what KMS never sends, for tests of those who open
  aes_128,
};

struct EnvelopeOptions {
  std::size_t chunk_bytes =
      1000;  // the content is constructed of such chunks, or primitive (0): KMS sends both
  EnvelopeAlgorithm algorithm = EnvelopeAlgorithm::as_kms;
};

// Encrypts `plaintext` under a fresh AES key, and that key to an RSA-2048 key.
//
// `recipient_spki`: DER SubjectPublicKeyInfo, as an attestation document carries it in public_key.
// Fails with `malformed` (kms-recipient) where that is not an RSA-2048 key.
Result<Bytes> make_envelope(ByteView recipient_spki, ByteView plaintext, const EnvelopeOptions& options = {});

}  // namespace ben::emulator
