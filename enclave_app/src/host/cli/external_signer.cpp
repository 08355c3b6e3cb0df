#include "cli/external_signer.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <sstream>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "bitcoin/account.hpp"
#include "bitcoin/encoding.hpp"
#include "cli/descriptors.hpp"
#include "cli/files.hpp"
#include "cli/node.hpp"
#include "cli/read.hpp"
#include "cli/sign.hpp"
#include "cli/stop.hpp"
#include "watch/derivation.hpp"
#include "watch/descriptor.hpp"

namespace ben::cli {
namespace {

constexpr std::string_view device_type = "bitcoin-enclave-node";
constexpr std::string_view both_branches = "<0;1>";
constexpr std::size_t stdin_bytes_max = 12UL * 1024 * 1024;  // over the largest PSBT in base64

// HWI's numbers (hwilib/errors.py) for what can go wrong here.
int code_of(const Stop& stop) {
  if (stop.origin() == "signer") return -14;  // ACTION_CANCELED: the device said no
  if (stop.tag().starts_with("http-") || stop.origin() == "broker") return -3;  // DEVICE_CONN_ERROR
  if (stop.exit_code() == exit_usage) return -7;                                // BAD_ARGUMENT
  return -13;                                                                   // UNKNOWN_ERROR
}

void add_error(json::ObjectWriter& object, const Stop& stop) {
  object.text("error", printable(stop.what()) + " [" + stop.tag() + "]").integer("code", code_of(stop));
}

int say(Output& output, const std::function<std::string()>& answer) {
  std::string text;
  try {
    text = answer();
  } catch (const Stop& stop) {
    json::ObjectWriter object;
    add_error(object, stop);
    text = object.finish();
  }
  output.whole(text + "\n");
  return exit_yes;
}

std::string fingerprint_of(const Profile& profile, bitcoin::Network network) {
  return encode_hex(pinned_accounts(profile, network).front().master_fingerprint);
}

// The node, if it is the device that the caller means.
Node load_device(const DeviceOptions& device, const NodeOptions& options) {
  Node node = load_node(options);
  const bitcoin::Network network = config_of(node.profile).parsed.network;
  const std::string_view chain = bitcoin::parameters_of(network).name;
  if (!device.chain.empty() && device.chain != chain)
    throw UsageStop("the node is of chain " + std::string(chain) + ", not " + device.chain);
  const bool same_type = device.type.empty() || device.type == device_type;
  const bool same_path = device.path.empty() || device.path == node.profile.url;
  const bool same_key =
      device.fingerprint.empty() || device.fingerprint == fingerprint_of(node.profile, network);
  if (!same_type || !same_path || !same_key)
    throw UsageStop("the profile's node is not the device that was asked for: see benctl enumerate");
  return node;
}

// What the caller gave is wrong, where value_or_stop would say that the node failed.
template <typename T>
T value_or_usage(Result<T> result, std::string_view about) {
  if (result) return *std::move(result);
  const Stop stop = stop_of(result.error(), about);
  throw Stop(stop.tag(), stop.what(), exit_usage);
}

// A pinned descriptor for one of its two branches.
std::string encode_branch(const PinnedDescriptor& pinned, bitcoin::Branch branch) {
  std::string body = pinned.descriptor.substr(0, pinned.descriptor.find('#'));
  body.replace(body.find(both_branches), both_branches.size(),
               branch == bitcoin::Branch::receive ? "0" : "1");
  return body + "#" + value_or_stop(bitcoin::descriptor_checksum(body), "the descriptor");
}

// The place of m/purpose h/coin h/account h/branch/index. `about`: what names the path.
bitcoin::KeyPath find_place(std::span<const bitcoin::Account> accounts, std::span<const std::uint32_t> path,
                            std::string_view about) {
  for (std::size_t i = 0; path.size() == 5 && i < accounts.size(); ++i) {
    const bitcoin::Account& account = accounts[i];
    const std::array own = {static_cast<std::uint32_t>(account.id.purpose) | bitcoin::hardened,
                            bitcoin::parameters_of(account.network).coin_type | bitcoin::hardened,
                            account.id.number | bitcoin::hardened};
    if (std::ranges::equal(own, path.first(3)) && path[3] <= 1 && path[4] < bitcoin::hardened)
      return {.account = i, .branch = static_cast<bitcoin::Branch>(path[3]), .index = path[4]};
  }
  throw UsageStop("not an address of this wallet: " + printable(about));
}

// Of a descriptor that names one key by origin and path, as a point or below an extended key, and has the
// very script that this wallet has there. A "*" stands for 0, as HWI takes it.
bitcoin::KeyPath place_of_descriptor(std::span<const bitcoin::Account> accounts, const std::string& text) {
  const bitcoin::Network network = accounts.front().network;
  const auto descriptor =
      value_or_usage(watch::parse_output_descriptor(public_curve(), network, text), "the descriptor");
  const watch::KeyExpression& key = descriptor.keys.front();
  if (!key.origin) throw UsageStop("the descriptor names no path: want [fingerprint/…/branch/index]key");
  if (descriptor.branch_count != 1) throw UsageStop("the descriptor stands for several addresses");
  if (key.origin->fingerprint != accounts.front().master_fingerprint)
    throw UsageStop("the descriptor's key is of another master key");
  std::vector<std::uint32_t> path = key.origin->path;
  if (key.parent) std::ranges::copy(watch::path_of(key, {}), std::back_inserter(path));
  const bitcoin::KeyPath place = find_place(accounts, path, text);

  const auto asked =
      value_or_usage(watch::derive_output_script(public_curve(), descriptor, {}), "the descriptor");
  const auto own =
      value_or_stop(watch::derive_script(public_curve(), accounts[place.account], place.branch, place.index),
                    "the address");
  if (asked != own.script) throw UsageStop("the descriptor's script or key is not this wallet's at its path");
  return place;
}

bitcoin::KeyPath place_of_path(const Node& node, std::span<const bitcoin::Account> accounts,
                               const SignerOptions& options) {
  if (!options.key_path.starts_with("m/")) throw UsageStop("a path begins with m/");
  const auto path = value_or_usage(watch::parse_key_path(options.key_path.substr(1)), "the path");
  const bitcoin::KeyPath place = find_place(accounts, path, options.key_path);
  const std::string_view descriptor = node.profile.descriptors[place.account].descriptor;
  const std::string_view type = descriptor.starts_with("tr(")     ? "tap"
                                : descriptor.starts_with("wpkh(") ? "wit"
                                : descriptor.starts_with("sh(")   ? "sh_wit"
                                                                  : "legacy";
  if (!options.address_type.empty() && options.address_type != type)
    throw UsageStop("the path is one of addresses of type " + std::string(type));
  return place;
}

}  // namespace

int enumerate_signers(const SignerOptions& options, Output& output) {
  json::ObjectWriter device;
  device.text("type", device_type).text("model", "bitcoin_enclave_node");
  try {
    const Node node = load_node(options.node);
    const std::string fingerprint = fingerprint_of(node.profile, config_of(node.profile).parsed.network);
    device.text("path", node.profile.url).text("fingerprint", fingerprint);
    device.raw("needs_pin_sent", "false").raw("needs_passphrase_sent", "false");
  } catch (const Stop& stop) {
    add_error(device, stop);
  }
  output.whole("[" + device.finish() + "]\n");
  return exit_yes;
}

int get_signer_descriptors(const DeviceOptions& device, const SignerOptions& options, Output& output) {
  return say(output, [&] {
    const Node node = load_device(device, options.node);
    const auto accounts = pinned_accounts(node.profile, config_of(node.profile).parsed.network);
    json::ArrayWriter receive;
    json::ArrayWriter internal;
    bool found = false;
    for (std::size_t i = 0; i < accounts.size(); ++i) {
      if (accounts[i].id.number != options.account) continue;
      found = true;
      receive.text(encode_branch(node.profile.descriptors[i], bitcoin::Branch::receive));
      internal.text(encode_branch(node.profile.descriptors[i], bitcoin::Branch::change));
    }
    if (!found) throw UsageStop("the wallet has no account of number " + std::to_string(options.account));
    return json::ObjectWriter().raw("receive", receive.finish()).raw("internal", internal.finish()).finish();
  });
}

int display_address(const DeviceOptions& device, const SignerOptions& options, Output& output) {
  return say(output, [&] {
    const Node node = load_device(device, options.node);
    if (options.descriptor.empty() == options.key_path.empty()) throw UsageStop("give --desc or --path");
    const auto accounts = pinned_accounts(node.profile, config_of(node.profile).parsed.network);
    const bitcoin::KeyPath place = options.descriptor.empty()
                                       ? place_of_path(node, accounts, options)
                                       : place_of_descriptor(accounts, options.descriptor);
    const ConfirmedAddress confirmed =
        confirm_address(node, {.account = node.profile.descriptors[place.account].account,
                               .branch = static_cast<std::int64_t>(place.branch),
                               .index = place.index});
    return json::ObjectWriter().text("address", confirmed.address).finish();
  });
}

int sign_for_wallet(const DeviceOptions& device, const SignerOptions& options, Output& output) {
  return say(output, [&] {
    const Node node = load_device(device, options.node);
    const Bytes psbt = value_or_stop(parse_base64(options.psbt), "the PSBT");
    const SignedTransaction answer = sign_checked(node, psbt, read_requester_key(options.keys, node.profile));
    return json::ObjectWriter().text("psbt", encode_base64(answer.psbt)).raw("signed", "true").finish();
  });
}

std::vector<std::string> read_words(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (std::find(words.begin(), words.end(), "--stdin") == words.end()) return words;
  std::istringstream more(read_text_file("-", stdin_bytes_max));
  for (std::string word; more >> word;) words.push_back(word);
  return words;
}

}  // namespace ben::cli
