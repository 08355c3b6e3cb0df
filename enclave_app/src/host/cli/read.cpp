#include "cli/read.hpp"

#include "base/hex.hpp"
#include "bitcoin/address.hpp"
#include "bitcoin/encoding.hpp"
#include "cli/commands.hpp"
#include "cli/descriptors.hpp"
#include "cli/files.hpp"
#include "cli/stop.hpp"
#include "json/reader.hpp"
#include "verify/statement.hpp"
#include "watch/derivation.hpp"

namespace ben::cli {
namespace {

std::string encode_place(const AddressPlace& place) {
  return json::ObjectWriter()
      .text("account", place.account)
      .integer("branch", place.branch)
      .integer("index", place.index)
      .finish();
}

AddressPlace place_of(const AddressOptions& options) {
  return {.account = options.account, .branch = options.branch, .index = options.index};
}

// What benctl derives by itself from the pinned descriptor, and the signer must say too.
struct Expected {
  bitcoin::Account account;
  bitcoin::DerivedScript derived;
  std::string path;
};

Expected derive_place(const AddressPlace& place, const Profile& profile, bitcoin::Network network) {
  const bitcoin::Account account = pinned_account(profile, network, place.account);
  auto derived =
      value_or_stop(watch::derive_script(public_curve(), account, static_cast<bitcoin::Branch>(place.branch),
                                         static_cast<std::uint32_t>(place.index)),
                    place.account);
  const std::string path = "m/" + std::to_string(static_cast<unsigned>(account.id.purpose)) + "h/" +
                           std::to_string(bitcoin::parameters_of(network).coin_type) + "h/" +
                           std::to_string(account.id.number) + "h/" + std::to_string(place.branch) + "/" +
                           std::to_string(place.index);
  return {.account = account, .derived = std::move(derived), .path = path};
}

bool same_descriptors(const std::vector<PinnedDescriptor>& a, const std::vector<PinnedDescriptor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.account == y.account && x.descriptor == y.descriptor;
  });
}

}  // namespace

void say_descriptors(const std::vector<PinnedDescriptor>& descriptors, Output& output) {
  json::ArrayWriter array;
  for (const PinnedDescriptor& pinned : descriptors) {
    array.raw(
        json::ObjectWriter().text("account", pinned.account).text("descriptor", pinned.descriptor).finish());
    output.line(pinned.account + "  " + pinned.descriptor);
  }
  output.json_fact("descriptors", array.finish());
}

int show_info(const NodeOptions& options, Output& output) {
  const Node node = load_node(options);
  ConnectedNode connected(node, {});
  const SignerAnswer answer = connected.client().call("get_info", "{}");
  const auto info = value_or_stop(verify::parse_statement(answer.json), "get_info");
  const verify::Statement& judged = connected.statement();
  // What can change between the evidence and this answer is state and policy; nothing else may.
  if (info.boot_id != judged.boot_id || info.response_key != judged.response_key ||
      info.config_hash != judged.config_hash || info.wallet_id != judged.wallet_id)
    throw Stop("answer-info", "get_info: the signer contradicts its evidence");
  output.fact("network", info.network);
  output.fact("state", verify::state_name(info.state));
  output.fact_or_none("wallet_id",
                      info.wallet_id ? std::optional(encode_hex(*info.wallet_id)) : std::nullopt);
  output.fact("origin", info.origin);
  output.fact("config_hash", encode_hex(info.config_hash));
  output.fact_or_none("policy_hash",
                      info.policy_hash ? std::optional(encode_hex(*info.policy_hash)) : std::nullopt);
  output.fact("policy_epoch", info.policy_epoch);
  output.fact("boot_id", encode_hex(info.boot_id));
  output.fact("response_key", encode_hex(info.response_key));
  output.fact("version", info.version);
  output.fact("rng", info.rng);
  output.json_fact("test_root", connected.client().has_test_root() ? "true" : "false");
  return exit_yes;
}

int show_descriptors(const NodeOptions& options, bool pin, Output& output) {
  const FileLock lock(profile_path_of(options));
  Node node = load_node(options);
  ConnectedNode connected(node, {});
  const auto descriptors = fetch_descriptors(connected.client(), config_of(node.profile).parsed);
  const bool has_pinned = !node.profile.descriptors.empty();
  if (has_pinned && !same_descriptors(descriptors, node.profile.descriptors))
    throw Stop("answer-descriptors", "the signer gives other descriptors than the profile pins");
  if (pin && !has_pinned) {
    node.profile.descriptors = descriptors;
    save_node(node);
  }
  say_descriptors(descriptors, output);
  return exit_yes;
}

ConfirmedAddress confirm_address(const Node& node, const AddressPlace& place) {
  const bitcoin::Network network = config_of(node.profile).parsed.network;
  const Expected expected = derive_place(place, node.profile, network);
  const std::string address =
      value_or_stop(bitcoin::encode_address(network, expected.derived.script), place.account);

  ConnectedNode connected(node, {});
  const SignerAnswer answer = connected.client().call("get_address", encode_place(place));
  json::ObjectReader reader(answer.value);
  const bool same = reader.text("address", bitcoin::bech32_chars_max) == address &&
                    reader.text("script_pubkey", 256) == encode_hex(expected.derived.script) &&
                    reader.text("path", 64) == expected.path;
  if (!reader.finish("answer-form", "") || !same) {
    throw Stop("answer-address",
               "the signer's address is not the one that the pinned descriptor gives: do not use it");
  }
  return {.address = address, .path = expected.path, .script_pubkey = encode_hex(expected.derived.script)};
}

int show_address(const AddressOptions& options, Output& output) {
  const ConfirmedAddress confirmed = confirm_address(load_node(options.node), place_of(options));
  output.fact("address", confirmed.address);
  output.fact("path", confirmed.path);
  output.fact("script_pubkey", confirmed.script_pubkey);
  return exit_yes;
}

int show_public_key(const AddressOptions& options, Output& output) {
  const Node node = load_node(options.node);
  const AddressPlace place = place_of(options);
  const Expected expected = derive_place(place, node.profile, config_of(node.profile).parsed.network);
  const std::string key = encode_hex(expected.derived.key.encoded);
  const std::string fingerprint = encode_hex(expected.account.master_fingerprint);

  ConnectedNode connected(node, {});
  const SignerAnswer answer = connected.client().call("get_public_key", encode_place(place));
  json::ObjectReader reader(answer.value);
  const bool same = reader.text("public_key", 128) == key && reader.text("path", 64) == expected.path &&
                    reader.text("fingerprint", 16) == fingerprint;
  if (!reader.finish("answer-form", "") || !same) {
    throw Stop("answer-key",
               "the signer's key is not the one that the pinned descriptor gives: do not use it");
  }
  output.fact("public_key", key);
  output.fact("path", expected.path);
  output.fact("fingerprint", fingerprint);
  return exit_yes;
}

}  // namespace ben::cli
