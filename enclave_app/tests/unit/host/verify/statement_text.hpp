// A boot statement as a signer writes it (docs/protocol.md section 6), of what a test says.
#pragma once

#include "base/hex.hpp"
#include "json/writer.hpp"
#include "verify/statement.hpp"

namespace ben::test {

inline std::string encode_statement(const verify::Statement& statement) {
  return json::ObjectWriter()
      .integer("protocol", 1)
      .text("version", statement.version)
      .text("boot_id", encode_hex(statement.boot_id))
      .text("network", statement.network)
      .text("response_key", encode_hex(statement.response_key))
      .null("hpke_key")
      .text_or_null("wallet_id", statement.wallet_id ? encode_hex(*statement.wallet_id) : "")
      .text_or_null("origin", statement.origin)
      .text("config_hash", encode_hex(statement.config_hash))
      .text_or_null("policy_hash", statement.policy_hash ? encode_hex(*statement.policy_hash) : "")
      .integer("policy_epoch", statement.policy_epoch)
      .text("state", verify::state_name(statement.state))
      .integer("state_seq", 0)
      .null("log")
      .text("rng", statement.rng)
      .finish();
}

}  // namespace ben::test
