// What `benctl genesis` must not forget: a file beside the profile, written before each step that cannot be
// taken back. The same request, byte for byte, gives the same seed in one boot, so a lost answer costs a
// repetition and never a second seed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/request.hpp"

namespace ben::cli {

// The seed was made: what the answer held, and the certificate that the admins signed over it.
struct MadeWallet {
  Hash256 wallet_id{};
  Bytes sealed_seed;  // empty: without KMS
  wire::Envelope certificate;
};

struct PendingGenesis {
  wire::BootId boot_id{};
  RpcCall call;
  std::optional<MadeWallet> wallet;
};

// Fails with `malformed` (genesis-pending).
Result<PendingGenesis> parse_pending(std::string_view text);
[[nodiscard]] std::string encode_pending(const PendingGenesis& pending);

}  // namespace ben::cli
