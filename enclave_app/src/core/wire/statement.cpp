#include "wire/statement.hpp"

#include "base/hex.hpp"
#include "base/writer.hpp"
#include "json/writer.hpp"
#include "wire/frame.hpp"

namespace ben::wire {

std::string_view state_name(SignerState state) {
  static constexpr std::array<std::string_view, 3> names{"EMPTY", "LOCKED", "ARMED"};  // in the enum's order
  return names[static_cast<std::size_t>(state)];
}

std::string encode_statement(const Statement& statement) {
  const auto hex_or_empty = [](const auto& hash) { return hash ? encode_hex(*hash) : std::string(); };
  return json::ObjectWriter()
      .integer("protocol", protocol_version)
      .text("version", program_version)
      .text("boot_id", encode_hex(statement.boot_id))
      .text("network", statement.network)
      .text("response_key", encode_hex(statement.response_key))
      .null("hpke_key")
      .text_or_null("wallet_id", hex_or_empty(statement.wallet_id))
      .text_or_null("origin", statement.origin)
      .text("config_hash", encode_hex(statement.config_hash))
      .text_or_null("policy_hash", hex_or_empty(statement.policy_hash))
      .integer("policy_epoch", statement.policy_epoch)
      .text("state", state_name(statement.state))
      .integer("state_seq", 0)
      .null("log")
      .text("rng", statement.rng)
      .finish();
}

Bytes boot_user_data(std::string_view statement) {
  return Writer().text("ben/boot/v1").bytes(sha256(as_bytes(statement))).take();
}

}  // namespace ben::wire
