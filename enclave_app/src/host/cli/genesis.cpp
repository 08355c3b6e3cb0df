#include <algorithm>
#include <optional>
#include <utility>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "cli/commands.hpp"
#include "cli/descriptors.hpp"
#include "cli/files.hpp"
#include "cli/keys.hpp"
#include "cli/node.hpp"
#include "cli/pending_genesis.hpp"
#include "cli/sealed_copy.hpp"
#include "cli/stop.hpp"
#include "json/reader.hpp"
#include "policy/config.hpp"
#include "relay/certificate.hpp"
#include "wire/frame.hpp"

namespace ben::cli {
namespace {

// A lost answer may be asked for again as long as the boot lasts; the signer allows 24 h.
constexpr std::uint64_t request_lifetime_ms = 23UL * 3600 * 1000;
constexpr std::size_t entropy_items_max = 16;

using verify::SignerState;

std::vector<Ed25519Key> read_admin_keys(const GenesisOptions& options, const policy::Admins& admins) {
  std::vector<Ed25519Key> keys;
  for (const std::string& file : options.keys.files) {
    keys.push_back(read_key_file(file, {.file = options.keys.passphrase_file}));
    const Ed25519PublicKey& key = keys.back().public_key();
    if (std::find(admins.keys.begin(), admins.keys.end(), key) == admins.keys.end())
      throw Stop("auth-key", file + ": the config does not name this key as an admin");
  }
  if (keys.size() < admins.threshold) {
    throw Stop("auth-threshold", "the config asks for " + std::to_string(admins.threshold) +
                                     " admins: give --key once for each of them");
  }
  return keys;
}

void check_entropy(const std::vector<std::string>& entropy) {
  if (entropy.size() > entropy_items_max) throw UsageStop("--entropy can be given 16 times at most");
  for (const std::string& hex : entropy) {
    const auto bytes = parse_hex(hex);
    if (!bytes || bytes->size() < 32 || bytes->size() > 64)
      throw UsageStop("--entropy has 32 to 64 bytes as lower-case hex digits");
  }
}

// One run of the command: what it knows, and where the unfinished work is written down.
class Genesis {
 public:
  Genesis(const GenesisOptions& options, Node node)
      : node_(std::move(node)),
        config_(config_of(node_.profile)),
        config_hash_(sha256(as_bytes(config_.text))),
        measurements_(measurements_of(node_.profile)),
        keys_(read_admin_keys(options, config_.parsed.admins)),
        entropy_(options.entropy),
        pending_path_(beside_profile(node_.profile_path, "genesis")) {
    if (const auto text = read_file_if_present(pending_path_))
      pending_ = value_or_stop(parse_pending(as_text(*text)), pending_path_.string());
  }

  // The wallet of a run before this one that pinned it and was stopped just before it tidied up.
  [[nodiscard]] std::optional<Hash256> finished_wallet() const {
    if (!pending_ || !pending_->wallet || pending_->wallet->wallet_id != node_.profile.wallet_id)
      return std::nullopt;
    return pending_->wallet->wallet_id;
  }

  void tidy_up(const Hash256& wallet_id, Output& output) {
    remove_file(pending_path_);
    say(wallet_id, output);
  }

  void run(Output& output) {
    const auto previous_wallet = std::exchange(node_.profile.wallet_id, std::nullopt);
    node_.profile.certificate.reset();
    node_.profile.descriptors.clear();
    node_.profile.policy_epoch_min = 0;
    ConnectedNode connected(node_, {.wallet = true});
    const MadeWallet wallet = pending_ && pending_->wallet ? *pending_->wallet : make_seed(connected);
    certify(connected, wallet);

    node_.profile.wallet_id = wallet.wallet_id;
    node_.profile.certificate = wallet.certificate;
    connected.reconnect(node_.profile, {});
    node_.profile.descriptors = fetch_descriptors(connected.client(), config_.parsed);
    keep_sealed_copy(node_.profile_path, wallet.wallet_id, wallet.sealed_seed);
    if (previous_wallet) keep_old_profile(*previous_wallet);
    save_node(node_);
    tidy_up(wallet.wallet_id, output);
  }

 private:
  MadeWallet make_seed(ConnectedNode& connected) {
    // A boot that got an earlier request may be over; the seed it may have made was never certified, so it is
    // no wallet.
    const bool is_same_boot = pending_ && pending_->boot_id == connected.statement().boot_id;
    PendingGenesis pending = is_same_boot ? *pending_ : make_request(connected);
    MadeWallet wallet = ask_for_seed(pending.call, connected.client());
    pending.wallet = wallet;
    write_down(pending);
    return wallet;
  }

  PendingGenesis make_request(ConnectedNode& connected) {
    const verify::Statement& statement = connected.statement();
    if (statement.state != SignerState::empty) {
      throw Stop("genesis-state",
                 "the node holds a wallet already" +
                     (statement.wallet_id ? ": " + encode_hex(*statement.wallet_id) : "") +
                     ": pin it with benctl profile new --update --wallet, or start an empty node");
    }
    const std::string payload = encode_genesis_request(statement.boot_id, config_hash_, entropy_,
                                                       connected.client().now_ms() + request_lifetime_ms);
    const auto envelope = sign_envelope(wire::request_payload_type, as_bytes(payload), keys_);
    const std::string params = json::ObjectWriter().raw("request", wire::encode_envelope(envelope)).finish();
    PendingGenesis pending{
        .boot_id = statement.boot_id, .call = make_call("genesis", params), .wallet = std::nullopt};
    write_down(pending);
    return pending;
  }

  MadeWallet ask_for_seed(const RpcCall& call, NodeClient& client) {
    try {
      return read_answer(client.send(call), client.statement());
    } catch (const Stop& stop) {
      // The signer's own no, proved, means that there is no seed: the next run makes a new request. Only when
      // it is busy, perhaps with this very request, its answer is still to come.
      const bool is_busy = stop.tag().ends_with("-busy") || stop.tag() == "auth-full";
      if (stop.origin() == "signer" && !is_busy) remove_file(pending_path_);
      throw;
    }
  }

  MadeWallet read_answer(const SignerAnswer& answer, const verify::Statement& statement) {
    json::ObjectReader reader(answer.value);
    MadeWallet wallet;
    wallet.wallet_id = reader.hex<32>("wallet_id");
    const bool same_network =
        reader.text("network", 16) == bitcoin::parameters_of(config_.parsed.network).name;
    const auto accounts = policy::read_accounts(reader);
    const bool generated = reader.text("origin", 32) == policy::origin_generated;
    const bool same_config = reader.hex<32>("config_hash") == config_hash_;
    const json::Value& sealed = reader.value("sealed_seed");
    const bool same_sealing = sealed.is_null() == !config_.parsed.kms.has_value();
    const auto blob = parse_base64(sealed.text() == nullptr ? "" : std::string_view(*sealed.text()));
    (void)value_or_stop(reader.finish("answer-form", "the result is not of the protocol's form"), "genesis");
    if (!same_network || accounts != config_.parsed.accounts || !generated || !same_config || !same_sealing ||
        !blob)
      throw Stop("answer-genesis", "the signer has made another wallet than the config describes");
    wallet.sealed_seed = *blob;
    if (!blob->empty()) admit_sealed_copy(*blob, wallet.wallet_id, config_hash_, measurements_);
    if (statement.wallet_id && *statement.wallet_id != wallet.wallet_id)
      throw Stop("answer-genesis", "the signer's evidence names another wallet than its answer");
    wallet.certificate = sign_certificate(wallet.wallet_id);
    return wallet;
  }

  wire::Envelope sign_certificate(const Hash256& wallet_id) {
    const std::string payload = policy::encode_certificate({.wallet_id = wallet_id,
                                                            .network = config_.parsed.network,
                                                            .accounts = config_.parsed.accounts,
                                                            .origin = std::string(policy::origin_generated),
                                                            .config_hash = config_hash_});
    return sign_envelope(wire::wallet_payload_type, as_bytes(payload), keys_);
  }

  // Brings the node, whatever it forgot meanwhile, to ARMED with this wallet.
  void certify(ConnectedNode& connected, const MadeWallet& wallet) {
    connected.reconnect(node_.profile, {.wallet = true});
    const verify::Statement& statement = connected.statement();
    if (statement.state == SignerState::empty) {
      if (wallet.sealed_seed.empty()) {
        remove_file(pending_path_);
        throw Stop("genesis-lost",
                   "the enclave was restarted before its wallet was certified, and without KMS the "
                   "seed is gone: no address of it was ever shown; repeat the command for a new one");
      }
      unseal(connected.client(), wallet.wallet_id, wallet.sealed_seed, wallet.certificate);
      return;
    }
    if (statement.wallet_id != wallet.wallet_id) {
      throw Stop("genesis-state",
                 "the node holds another wallet than the unfinished genesis made: " + pending_path_.string());
    }
    if (statement.state == SignerState::armed) return;
    const std::string params =
        json::ObjectWriter().raw("certificate", wire::encode_envelope(wallet.certificate)).finish();
    admit_armed(connected.client().call("certify_wallet", params), wallet.wallet_id);
  }

  void keep_old_profile(const Hash256& wallet_id) {
    const std::string suffix = "wallet-" + encode_hex(wallet_id).substr(0, 16) + ".json";
    replace_file(beside_profile(node_.profile_path, suffix), read_file(node_.profile_path));
  }

  void write_down(const PendingGenesis& pending) {
    replace_file(pending_path_, as_bytes(encode_pending(pending)));
  }

  void say(const Hash256& wallet_id, Output& output) const {
    const std::filesystem::path blob = sealed_copy_path(node_.profile_path, wallet_id);
    const bool has_blob = std::filesystem::exists(blob);
    output.fact("wallet_id", encode_hex(wallet_id));
    output.fact("origin", policy::origin_generated);
    output.fact("state", verify::state_name(SignerState::armed));
    output.fact_or_none("sealed_copy", has_blob ? std::optional(blob.string()) : std::nullopt);
    output.fact("profile", node_.profile_path.string());
    json::ArrayWriter descriptors;
    for (const PinnedDescriptor& pinned : node_.profile.descriptors) {
      descriptors.raw(json::ObjectWriter()
                          .text("account", pinned.account)
                          .text("descriptor", pinned.descriptor)
                          .finish());
      output.line(pinned.account + "  " + pinned.descriptor);
    }
    output.json_fact("descriptors", descriptors.finish());
  }

  Node node_;
  PinnedConfig config_;
  Hash256 config_hash_;
  verify::Measurements measurements_;
  std::vector<Ed25519Key> keys_;
  std::vector<std::string> entropy_;
  std::filesystem::path pending_path_;
  std::optional<PendingGenesis> pending_;
};

}  // namespace

int make_wallet(const GenesisOptions& options, Output& output) {
  check_entropy(options.entropy);
  const FileLock lock(profile_path_of(options.node));
  Node node = load_node(options.node);
  const auto pinned_wallet = node.profile.wallet_id;
  Genesis genesis(options, std::move(node));
  if (const auto finished = genesis.finished_wallet()) {
    genesis.tidy_up(*finished, output);
    return exit_yes;
  }
  if (pinned_wallet && !options.new_wallet) {
    throw Stop("wallet-pinned",
               "the profile pins wallet " + encode_hex(*pinned_wallet) +
                   " already: restore it with benctl blob restore; --new-wallet makes another one");
  }
  genesis.run(output);
  return exit_yes;
}

}  // namespace ben::cli
