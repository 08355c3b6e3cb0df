#include <utility>

#include "base/hex.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/node.hpp"
#include "cli/sealed_copy.hpp"
#include "cli/stop.hpp"
#include "wire/frame.hpp"

namespace ben::cli {

int restore_blob(const BlobRestoreOptions& options, Output& output) {
  Node node = load_node(options.node);
  if (!node.profile.wallet_id) {
    throw Stop("wallet-unknown",
               "the profile pins no wallet: name it with benctl profile new --update --wallet");
  }
  const Hash256 wallet_id = *node.profile.wallet_id;
  if (!options.certificate.empty()) node.profile.certificate = read_envelope_file(options.certificate);
  if (!node.profile.certificate)
    throw UsageStop("the profile has no wallet certificate: give it with --certificate");
  const std::filesystem::path blob_path = options.blob.empty()
                                              ? sealed_copy_path(node.profile_path, wallet_id)
                                              : std::filesystem::path(options.blob);
  const Bytes blob = read_file(blob_path, wire::sealed_seed_bytes_max);
  const Hash256 config_hash = sha256(as_bytes(config_of(node.profile).text));
  admit_sealed_copy(blob, wallet_id, config_hash, measurements_of(node.profile));

  // The node has no wallet yet, and policies are not in the blob: both are judged later.
  Profile whole = node.profile;
  const std::int64_t policy_epoch_min = std::exchange(whole.policy_epoch_min, 0);
  node.profile = whole;
  node.profile.wallet_id.reset();
  node.profile.certificate.reset();
  ConnectedNode connected(node, {.wallet = true});
  const verify::Statement& statement = connected.statement();
  const bool has_it = statement.wallet_id == wallet_id && statement.state == verify::SignerState::armed;
  if (!has_it) unseal(connected.client(), wallet_id, blob, *whole.certificate);
  connected.reconnect(whole, {});
  output.fact("wallet_id", encode_hex(wallet_id));
  output.fact("state", verify::state_name(connected.statement().state));
  output.yes_or_no("restored", !has_it);
  if (connected.statement().policy_epoch < policy_epoch_min)
    output.line("it has no policy of the epoch you have seen: give it with benctl policy set");
  return exit_yes;
}

}  // namespace ben::cli
