#include "policy/policy.hpp"

#include "base/hex.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/keys.hpp"
#include "cli/node.hpp"
#include "cli/policy_text.hpp"
#include "cli/stop.hpp"
#include "json/reader.hpp"

namespace ben::cli {
namespace {

// A policy, or one in its envelope.
struct PolicyFile {
  Bytes payload;
  std::vector<wire::EnvelopeSignature> signatures;
};

PolicyFile read_policy_file(const std::string& path) {
  Bytes bytes = read_file(path);
  const auto value = json::parse(bytes);
  PolicyFile file;
  if (value && value->object() != nullptr && json::ObjectReader(*value).has("payloadType")) {
    auto envelope = value_or_stop(wire::parse_envelope(*value), path);
    if (envelope.payload_type != wire::policy_payload_type) {
      throw Stop("auth-type",
                 path + ": the envelope holds no policy, but " + printable(envelope.payload_type));
    }
    file.payload = std::move(envelope.payload);
    file.signatures = std::move(envelope.signatures);
  } else {
    file.payload = std::move(bytes);
  }
  return file;
}

std::string network_of(const PolicyNewOptions& options, const Profile& profile) {
  if (!options.network.empty()) return options.network;
  return std::string(bitcoin::parameters_of(config_of(profile).parsed.network).name);
}

std::string wallet_of(const PolicyNewOptions& options, const Profile& profile) {
  if (!options.wallet.empty()) return options.wallet;
  if (!profile.wallet_id)
    throw UsageStop("the profile pins no wallet yet: run benctl genesis, or give --wallet");
  return encode_hex(*profile.wallet_id);
}

}  // namespace

int new_policy(const PolicyNewOptions& options, Output& output) {
  const Profile profile = load_node_or_empty(options.node).profile;
  const std::string text =
      make_policy_text(options, network_of(options, profile), wallet_of(options, profile));
  output.fact("policy_hash", encode_hex(sha256(as_bytes(text))));
  output.fact("policy_epoch", options.epoch);
  if (options.out.empty()) {
    output.fact("policy", text).content(text);
  } else {
    write_new_file(options.out, as_bytes(text));
    output.fact("file", options.out);
  }
  return exit_yes;
}

int sign_policy(const PolicySignOptions& options, Output& output) {
  if (options.keys.files.empty()) throw UsageStop("give --key once for each admin that signs");
  PolicyFile file = read_policy_file(options.policy);
  const auto policy = value_or_stop(policy::parse_policy(file.payload), options.policy);
  std::vector<Ed25519Key> keys;
  keys.reserve(options.keys.files.size());
  for (const std::string& path : options.keys.files)
    keys.push_back(read_key_file(path, {.file = options.keys.passphrase_file}));
  wire::Envelope envelope = sign_envelope(wire::policy_payload_type, file.payload, keys);
  envelope.signatures.insert(envelope.signatures.begin(), file.signatures.begin(), file.signatures.end());
  const std::string text = wire::encode_envelope(envelope) + "\n";
  // What verifies here is what a signer takes: no key twice, no more signatures than an envelope holds.
  (void)value_or_stop(wire::parse_envelope(value_or_stop(json::parse(as_bytes(text)), "the envelope")),
                      "the envelope");
  output.fact("policy_hash", encode_hex(sha256(envelope.payload)));
  output.fact("policy_epoch", policy.epoch);
  output.fact("signatures", static_cast<std::int64_t>(envelope.signatures.size()));
  if (options.out.empty()) {
    output.json_fact("envelope", wire::encode_envelope(envelope)).content(text);
  } else {
    write_new_file(options.out, as_bytes(text));
    output.fact("file", options.out);
  }
  return exit_yes;
}

int set_policy(const NodeOptions& options, const std::string& file, Output& output) {
  const FileLock lock(profile_path_of(options));
  Node node = load_node(options);
  const PinnedConfig config = config_of(node.profile);
  const wire::Envelope envelope = read_envelope_file(file);
  (void)value_or_stop(wire::verify_envelope(envelope, wire::policy_payload_type, config.parsed.admins.keys,
                                            config.parsed.admins.threshold),
                      file);
  const auto policy = value_or_stop(policy::parse_policy(envelope.payload), file);
  const Hash256 hash = sha256(envelope.payload);

  // A node that has been restarted may still lack the policy whose epoch the profile remembers.
  Node any_epoch = node;
  any_epoch.profile.policy_epoch_min = 0;
  ConnectedNode connected(any_epoch, {});
  const std::string params = json::ObjectWriter().raw("policy", wire::encode_envelope(envelope)).finish();
  const SignerAnswer answer = connected.client().call("set_policy", params);
  json::ObjectReader reader(answer.value);
  const bool same =
      reader.hex<32>("policy_hash") == hash && reader.integer("policy_epoch", 1, INT64_MAX) == policy.epoch;
  if (!reader.finish("answer-form", "") || !same)
    throw Stop("answer-policy", "the signer does not say that it took this policy");
  // Memory only ever grows: an older policy does not lower what was seen.
  if (policy.epoch > node.profile.policy_epoch_min) {
    node.profile.policy_epoch_min = policy.epoch;
    save_node(node);
  }
  output.fact("policy_hash", encode_hex(hash));
  output.fact("policy_epoch", policy.epoch);
  return exit_yes;
}

int explain_policy(const std::string& file, Output& output) {
  const PolicyFile policy_file = read_policy_file(file);
  const auto policy = value_or_stop(policy::parse_policy(policy_file.payload), file);
  output.json_fact("policy_hash", json::quote(encode_hex(sha256(policy_file.payload))));
  json::ArrayWriter sentences;
  for (const std::string& line : explain(policy)) {
    sentences.text(line);
    output.line(line);
  }
  output.json_fact("sentences", sentences.finish());
  return exit_yes;
}

}  // namespace ben::cli
