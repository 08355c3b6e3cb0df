// DSSE envelopes: a payload of a stated type, signed by Ed25519 keys over its raw bytes (DSSE specification
// v1.0.2).
#pragma once

#include "crypto/ed25519.hpp"
#include "json/reader.hpp"

namespace ben::wire {

inline constexpr std::size_t payload_bytes_max = 64UL * 1024;
inline constexpr std::size_t signatures_max = 32;

inline constexpr std::string_view request_payload_type = "application/vnd.ben.request+json";
inline constexpr std::string_view wallet_payload_type = "application/vnd.ben.wallet+json";
inline constexpr std::string_view policy_payload_type = "application/vnd.ben.policy+json";

struct EnvelopeSignature {
  std::string key_id;
  Ed25519Signature signature;
};

struct Envelope {
  std::string payload_type;
  Bytes payload;
  std::vector<EnvelopeSignature> signatures;
};

// First 16 hex digits of SHA-256 of the public key.
[[nodiscard]] std::string key_id(const Ed25519PublicKey& key);

// The bytes that are signed: the pre-authentication encoding of type and payload.
[[nodiscard]] Bytes pre_authentication_encoding(std::string_view payload_type, ByteView payload);

// Fails with `malformed` (auth-envelope) when `value` is not an envelope.
Result<Envelope> parse_envelope(const json::Value& value);

[[nodiscard]] std::string encode_envelope(const Envelope& envelope);

// Verifies that the envelope has the given payload type, that each of its signatures is a valid one by one of
// `keys`, no key twice, and that there are at least `threshold` of them. Yields the signers. Fails with
// `refused`: auth-type, auth-key (a signer that is not listed), auth-duplicate, auth-signature,
// auth-threshold.
Result<std::vector<Ed25519PublicKey>> verify_envelope(const Envelope& envelope, std::string_view payload_type,
                                                      std::span<const Ed25519PublicKey> keys,
                                                      std::size_t threshold);

}  // namespace ben::wire
