// The broker's own requests to the enclave: who are you, prove it, take your wallet and policy back.
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "broker/store.hpp"
#include "http/outcome.hpp"
#include "verify/judgement.hpp"

namespace ben::broker {

// The bytes of a request by the broker.
[[nodiscard]] Bytes info_request();
[[nodiscard]] Bytes attestation_request(ByteView nonce);
[[nodiscard]] Bytes unseal_request(const StoredWallet& wallet);
[[nodiscard]] Bytes policy_request(const std::string& policy);

// What the enclave answered to one of them, or to CONFIG.
struct OwnAnswer {
  std::string result;   // JSON; empty after an error
  std::string tag;      // of an error, else empty
  std::string message;  // of an error
};

// Fails with `malformed` (answer-form).
Result<OwnAnswer> parse_own_answer(ByteView answer);

// The results of get_info and get_attestation. Fail with `malformed` (verify-statement, attest-answer).
Result<verify::Statement> parse_info(const std::string& result);
Result<verify::Evidence> parse_evidence(const std::string& result);

// A certificate in PEM or DER, as DER. Fails with `malformed` (broker-root).
Result<Bytes> parse_root(ByteView file);

}  // namespace ben::broker
