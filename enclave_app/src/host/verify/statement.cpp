#include "verify/statement.hpp"

#include <array>

#include "json/reader.hpp"
#include "wire/frame.hpp"

namespace ben::verify {
namespace {

constexpr std::size_t word_bytes_max = 64;

// A member that is null or 32 bytes of hex.
std::optional<Hash256> read_hash_or_null(json::ObjectReader& reader, const json::Value& object,
                                         StaticText key) {
  for (const auto& [name, value] : *object.object()) {
    if (name != key.view() || !value.is_null()) continue;
    (void)reader.value(key);
    return std::nullopt;
  }
  return reader.hex<32>(key);
}

SignerState read_state(json::ObjectReader& reader) {
  using enum SignerState;
  const std::string_view name = reader.text("state", word_bytes_max);
  for (const SignerState state : {empty, locked, armed}) {
    if (name == state_name(state)) return state;
  }
  reader.fail("state");
  return empty;
}

}  // namespace

std::string_view state_name(SignerState state) {
  static constexpr std::array<std::string_view, 3> names{"EMPTY", "LOCKED", "ARMED"};  // in the enum's order
  return names[static_cast<std::size_t>(state)];
}

Result<Statement> parse_statement(std::string_view text) {
  constexpr StaticText reason = "statement: not a boot statement of protocol 1 with exactly its fields";
  const auto parsed =
      text.size() > statement_bytes_max ? Result<json::Value>(json::Value()) : json::parse(as_bytes(text));
  if (!parsed || parsed->object() == nullptr) return Error{ErrorCode::malformed, "verify-statement", reason};

  json::ObjectReader reader(*parsed);
  Statement statement;
  (void)reader.integer("protocol", wire::protocol_version, wire::protocol_version);
  statement.version = reader.text("version", word_bytes_max);
  statement.boot_id = reader.hex<16>("boot_id");
  statement.network = reader.text("network", word_bytes_max);
  statement.response_key = reader.hex<32>("response_key");
  if (!reader.value("hpke_key").is_null()) reader.fail("hpke_key");
  statement.wallet_id = read_hash_or_null(reader, *parsed, "wallet_id");
  const json::Value& origin = reader.value("origin");
  if (origin.text() != nullptr && origin.text()->size() <= word_bytes_max) {
    statement.origin = *origin.text();
  } else if (!origin.is_null()) {
    reader.fail("origin");
  }
  statement.config_hash = reader.hex<32>("config_hash");
  statement.policy_hash = read_hash_or_null(reader, *parsed, "policy_hash");
  statement.policy_epoch = reader.integer("policy_epoch", 0, INT64_MAX);
  statement.state = read_state(reader);
  (void)reader.integer("state_seq", 0, INT64_MAX);
  if (!reader.value("log").is_null()) reader.fail("log");
  statement.rng = reader.text("rng", word_bytes_max);
  const auto finished = reader.finish("verify-statement", reason);
  if (!finished) return finished.error();
  return statement;
}

}  // namespace ben::verify
