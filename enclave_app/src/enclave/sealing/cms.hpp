// Opens what KMS Decrypt answers to a request with Recipient: CMS EnvelopedData (RFC 5652) to our RSA key.
//
// Nothing in CMS authenticates, and the untrusted parent carries the reply: whoever has seen the public key
// can forge one, and a reply that is altered bit by bit would decrypt the genuine one if an observer could
// tell how it failed (a padding oracle). So a fault of any kind is not reported: opening goes on with
// pseudo-random bytes, which then fail to open the sealed seed as a wrong data key does.
#pragma once

#include "crypto/rsa.hpp"

namespace ben {

// "BEN1" || data key (32) || config hash (32): what a sealed seed's data key is wrapped as.
inline constexpr std::size_t wrap_payload_bytes = 68;
using WrapPayload = Secret<wrap_payload_bytes>;

// The fields of a reply. Reading them proves nothing about who made it.
struct KmsReply {
  ByteArray<32> recipient;  // SHA-256 of the recipient's SubjectPublicKeyInfo
  ByteView encrypted_key;   // 256 bytes, RSAES-OAEP; a view into the input
  ByteArray<16> iv;
  Bytes ciphertext;  // AES-256-CBC, one block or more: the chunks of the input, joined
};

// Reads the one shape that KMS sends: BER with indefinite lengths, version 2, one KeyTransRecipientInfo with
// a 32-byte subject key identifier, RSAES-OAEP with SHA-256 and MGF1-SHA-256 spelled out, aes256-CBC, and the
// content as one primitive string or as constructed chunks. Anything else fails with `malformed`
// (kms-reply-form), minimal DER and what OpenSSL would take in its place included.
Result<KmsReply> parse_kms_reply(ByteView cms);

// The payload in a reply, or 68 bytes derived from `rejection` where the shape, the recipient, OAEP, the size
// or the padding is wrong: the caller cannot tell, and must not try. Time depends on the shape alone.
//
// `key`: drop it after the first reply, so that no two replies can be tried on one key.
// `rejection`: 32 fresh random bytes for this reply.
[[nodiscard]] WrapPayload open_kms_reply(const RsaRecipientKey& key, ByteView cms,
                                         const Secret<32>& rejection);

}  // namespace ben
