// The boot statement: what a running signer says of itself, hashed into its attestation document.
// Docs: docs/protocol.md section 6.
#pragma once

#include "wire/rpc.hpp"

namespace ben::wire {

enum class SignerState : std::uint8_t {
  empty,   // no seed
  locked,  // a seed, but no valid wallet certificate: no address, no signature
  armed,   // ready
};

// The name in statements and answers: EMPTY, LOCKED, ARMED.
[[nodiscard]] std::string_view state_name(SignerState state);

struct Statement {
  BootId boot_id;
  std::string_view network;
  Ed25519PublicKey response_key;
  std::optional<Hash256> wallet_id;
  std::string_view origin;  // empty: none yet
  Hash256 config_hash;
  std::optional<Hash256> policy_hash;
  std::int64_t policy_epoch;  // 0: no policy
  SignerState state;
  std::string_view rng;
};

[[nodiscard]] std::string encode_statement(const Statement& statement);

// user_data of the document that carries a statement: "ben/boot/v1" || SHA256(statement).
[[nodiscard]] Bytes boot_user_data(std::string_view statement);

inline constexpr std::string_view kms_user_data = "ben/kms/v1";
inline constexpr std::string_view time_user_data = "ben/time/v1";

}  // namespace ben::wire
