// The payload of an attestation document (aws-nitro-enclaves-nsm-api, docs/attestation_process.md section 3).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attestation/refusal.hpp"
#include "base/bytes.hpp"
#include "crypto/hash.hpp"

namespace ben::attestation {

struct Document {
  std::string module_id;  // "i-<instance>-enc<16 hex digits>"
  std::uint64_t timestamp_ms;
  std::map<std::uint8_t, Hash384> pcrs;  // 0, 1 and 2 at least; those the enclave has not locked are absent
  std::optional<Bytes> public_key;
  std::optional<Bytes> user_data;
  std::optional<Bytes> nonce;
  std::vector<Bytes> certificates;  // DER: the root first, the leaf last
  // Whether PCR0, PCR1 or PCR2 is zero, as in debug mode: whoever runs such an enclave can read its console,
  // and all have the same measurements. The document is authentic, and must not match anything.
  bool is_debug;
};

// One CBOR map of definite (before mid-2025) or indefinite length, with each field once, in any order.
// public_key, user_data and nonce may be null or absent; they have up to 1024 bytes each, as the NSM signs
// them (section 2.2; section 3.2.2.2 says 512 for two of them, and no enclave keeps to that). public_key is
// not empty. What is returned is not verified: verify_document() is what callers want.
Checked<Document> parse_payload(ByteView payload);

}  // namespace ben::attestation
