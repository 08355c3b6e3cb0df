// Reads a boot statement: what a signer says of itself. Nothing in it is believed before judge() has found
// its hash in a verified attestation document. Docs: docs/protocol.md section 6.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/rpc.hpp"

namespace ben::verify {

inline constexpr std::size_t statement_bytes_max = 4096;

enum class SignerState : std::uint8_t {
  empty,   // no seed
  locked,  // a seed, but no valid wallet certificate: no address, no signature
  armed,   // ready
};

// The name in statements and answers: EMPTY, LOCKED, ARMED.
[[nodiscard]] std::string_view state_name(SignerState state);

struct Statement {
  std::string version;
  wire::BootId boot_id{};
  std::string network;
  Ed25519PublicKey response_key{};
  std::optional<Hash256> wallet_id;
  std::string origin;  // empty: none yet
  Hash256 config_hash{};
  std::optional<Hash256> policy_hash;
  std::int64_t policy_epoch = 0;  // 0: no policy
  SignerState state = SignerState::empty;
  std::string rng;
};

// Fails with `malformed` (verify-statement) unless `text` has exactly the fields of protocol 1.
Result<Statement> parse_statement(std::string_view text);

}  // namespace ben::verify
