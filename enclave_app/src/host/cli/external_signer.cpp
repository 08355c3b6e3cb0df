#include "cli/external_signer.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <sstream>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "bitcoin/descriptor.hpp"
#include "cli/descriptors.hpp"
#include "cli/files.hpp"
#include "cli/node.hpp"
#include "cli/read.hpp"
#include "cli/sign.hpp"
#include "cli/stop.hpp"
#include "watch/derivation.hpp"

namespace ben::cli {
namespace {

constexpr std::string_view device_type = "bitcoin-enclave-node";
constexpr std::string_view both_branches = "/<0;1>/*";
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

std::string with_checksum(const std::string& body) {
  return body + "#" + value_or_stop(bitcoin::descriptor_checksum(body), "the descriptor");
}

// A pinned descriptor, without its checksum, around the part that names branch and index.
struct Pinned {
  std::string_view head;    // wpkh([fingerprint/84h/1h/0h
  std::string_view key;     // tpub…
  std::string_view tail;    // )
  std::string_view origin;  // fingerprint/84h/1h/0h
};

Pinned take_apart(const PinnedDescriptor& pinned) {
  const std::string_view text = pinned.descriptor;
  const std::size_t origin = text.find('[') + 1;
  const std::size_t key = text.find(']');
  const std::size_t branches = text.find(both_branches);
  const std::size_t tail = branches + both_branches.size();
  return {.head = text.substr(0, key),
          .key = text.substr(key + 1, branches - key - 1),
          .tail = text.substr(tail, text.rfind('#') - tail),
          .origin = text.substr(origin, key - origin)};
}

std::string encode_branch(const PinnedDescriptor& pinned, bitcoin::Branch branch) {
  const Pinned parts = take_apart(pinned);
  return with_checksum(std::string(parts.head)
                           .append("]")
                           .append(parts.key)
                           .append(branch == bitcoin::Branch::receive ? "/0/*" : "/1/*")
                           .append(parts.tail));
}

std::optional<std::int64_t> parse_step(std::string_view text) {
  std::int64_t step = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && step >= 0 && step <= INT32_MAX ? std::optional(step) : std::nullopt;
}

struct Place {
  const PinnedDescriptor* pinned;
  std::int64_t branch;
  std::int64_t index;
};

// `origin`: fingerprint/purpose h/coin h/account h/branch/index.
Place find_place(const Profile& profile, std::string_view origin) {
  for (const PinnedDescriptor& pinned : profile.descriptors) {
    const std::string account = std::string(take_apart(pinned).origin) + "/";
    if (!origin.starts_with(account)) continue;
    const std::string_view steps = origin.substr(account.size());
    const std::size_t slash = std::min(steps.find('/'), steps.size() - 1);
    const auto branch = parse_step(steps.substr(0, slash));
    const auto index = parse_step(steps.substr(slash + 1));
    if (branch && *branch <= 1 && index) return {.pinned = &pinned, .branch = *branch, .index = *index};
  }
  throw UsageStop("not an address of this wallet: " + printable(origin));
}

std::string with_h(std::string text) {
  std::replace(text.begin(), text.end(), '\'', 'h');
  return text;
}

// The one descriptor of that address: bitcoind's must be the same, or it would show another address.
std::string encode_address_descriptor(const Place& place, const bitcoin::Account& account) {
  const Pinned parts = take_apart(*place.pinned);
  const auto derived =
      value_or_stop(watch::derive_script(public_curve(), account, static_cast<bitcoin::Branch>(place.branch),
                                         static_cast<std::uint32_t>(place.index)),
                    "the address");
  const std::string key = encode_hex(public_curve().encode(derived.key));
  return std::string(parts.head)
      .append("/" + std::to_string(place.branch) + "/" + std::to_string(place.index) + "]")
      .append(bitcoin::is_p2tr(derived.script) ? key.substr(2) : key)  // BIP 386: x alone
      .append(parts.tail);
}

Place place_of_descriptor(const Node& node, const std::string& text) {
  const std::size_t end = text.rfind('#');
  if (end != std::string::npos && with_checksum(text.substr(0, end)) != text)
    throw UsageStop("the descriptor's checksum is wrong");
  const std::string body = with_h(text.substr(0, end));
  const std::size_t open = body.find('[');
  const std::size_t close = body.find(']');
  if (open == std::string::npos || close == std::string::npos || close < open)
    throw UsageStop("the descriptor names no path: want [fingerprint/…/branch/index]key");
  const Place place = find_place(node.profile, std::string_view(body).substr(open + 1, close - open - 1));
  const bitcoin::Network network = config_of(node.profile).parsed.network;
  if (encode_address_descriptor(place, pinned_account(node.profile, network, place.pinned->account)) != body)
    throw UsageStop("the descriptor's script or key is not this wallet's at its path");
  return place;
}

Place place_of_path(const Node& node, const SignerOptions& options) {
  const std::string path = with_h(options.key_path);
  if (!path.starts_with("m/")) throw UsageStop("a path begins with m/");
  const std::string fingerprint = fingerprint_of(node.profile, config_of(node.profile).parsed.network);
  const Place place = find_place(node.profile, fingerprint + path.substr(1));
  const std::string_view descriptor = place.pinned->descriptor;
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
    const Place place = options.descriptor.empty() ? place_of_path(node, options)
                                                   : place_of_descriptor(node, options.descriptor);
    const ConfirmedAddress confirmed = confirm_address(
        node, {.account = place.pinned->account, .branch = place.branch, .index = place.index});
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
