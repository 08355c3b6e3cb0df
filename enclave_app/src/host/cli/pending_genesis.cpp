#include "cli/pending_genesis.hpp"

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "wire/frame.hpp"

namespace ben::cli {
namespace {

constexpr StaticText bad_form =
    "the file of an unfinished genesis was changed: keep a copy of it and ask before going on";
constexpr std::size_t body_bytes_max = 512UL * 1024;

Result<MadeWallet> parse_wallet(const json::Value& value) {
  json::ObjectReader reader(value);
  MadeWallet wallet;
  wallet.wallet_id = reader.hex<32>("wallet_id");
  const auto sealed_seed = parse_base64(reader.text("sealed_seed", 2 * wire::sealed_seed_bytes_max));
  if (!sealed_seed) reader.fail("sealed_seed");
  auto certificate = wire::parse_envelope(reader.value("certificate"));
  if (!certificate) reader.fail("certificate");
  const auto finished = reader.finish("genesis-pending", bad_form);
  if (!finished) return finished.error();
  wallet.sealed_seed = *sealed_seed;
  wallet.certificate = *std::move(certificate);
  return wallet;
}

std::string encode_wallet(const MadeWallet& wallet) {
  return json::ObjectWriter()
      .text("wallet_id", encode_hex(wallet.wallet_id))
      .text("sealed_seed", encode_base64(wallet.sealed_seed))
      .raw("certificate", wire::encode_envelope(wallet.certificate))
      .finish();
}

}  // namespace

Result<PendingGenesis> parse_pending(std::string_view text) {
  const auto value = json::parse(as_bytes(text));
  if (!value) return Error{ErrorCode::malformed, "genesis-pending", bad_form};
  json::ObjectReader reader(*value);
  PendingGenesis pending;
  (void)reader.integer("version", 1, 1);
  pending.boot_id = reader.hex<16>("boot_id");
  pending.call.id = reader.text("id", wire::id_bytes_max);
  pending.call.body = reader.text("body", body_bytes_max);
  const json::Value& wallet_value = reader.value("wallet");
  const auto finished = reader.finish("genesis-pending", bad_form);
  if (!finished) return finished.error();
  if (wallet_value.is_null()) return pending;
  auto wallet = parse_wallet(wallet_value);
  if (!wallet) return wallet.error();
  pending.wallet = *std::move(wallet);
  return pending;
}

std::string encode_pending(const PendingGenesis& pending) {
  return json::ObjectWriter()
      .integer("version", 1)
      .text("boot_id", encode_hex(pending.boot_id))
      .text("id", pending.call.id)
      .text("body", pending.call.body)
      .raw("wallet", pending.wallet ? encode_wallet(*pending.wallet) : "null")
      .finish();
}

}  // namespace ben::cli
