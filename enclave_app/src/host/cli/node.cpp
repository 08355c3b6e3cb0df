#include "cli/node.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/hex.hpp"
#include "cli/files.hpp"
#include "cli/stop.hpp"

namespace ben::cli {
namespace {

struct FreeText {
  void operator()(void* memory) const noexcept { OPENSSL_free(memory); }
};
struct FreeBio {
  void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
};

std::unique_ptr<Transport> make_transport(const Profile& profile) {
  if (profile.url.empty())
    throw UsageStop("no node is named: give --url or make a profile with benctl profile new");
  return std::make_unique<HttpTransport>(profile.url);
}

}  // namespace

std::filesystem::path profile_path_of(const NodeOptions& options) {
  return options.profile.empty() ? default_profile_path() : std::filesystem::path(options.profile);
}

Node load_node_or_empty(const NodeOptions& options) {
  Node node{.profile_path = profile_path_of(options), .profile = {}, .stored_url = {}, .stored_root = {}};
  node.profile = load_profile(node.profile_path).value_or(Profile{});
  node.stored_url = node.profile.url;
  node.stored_root = node.profile.root;
  if (!options.url.empty()) node.profile.url = options.url;
  if (!options.root.empty()) node.profile.root = read_root_file(options.root);
  return node;
}

void save_node(const Node& node) {
  Profile profile = node.profile;
  profile.url = node.stored_url;
  profile.root = node.stored_root;
  save_profile(node.profile_path, profile);
}

Node load_node(const NodeOptions& options) {
  if (!std::filesystem::exists(profile_path_of(options))) {
    throw Stop("profile-missing", profile_path_of(options).string() +
                                      ": there is no node profile: make one with benctl profile new");
  }
  return load_node_or_empty(options);
}

Bytes read_root_file(const std::string& path) {
  Bytes bytes = read_file(path);
  if (!as_text(bytes).starts_with("-----BEGIN CERTIFICATE-----")) return bytes;
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (bio == nullptr || PEM_read_bio(bio.get(), &name, &header, &data, &size) != 1)
    throw Stop("root-file", path + ": is neither a PEM nor a DER certificate");
  const std::unique_ptr<void, FreeText> free_name(name);
  const std::unique_ptr<void, FreeText> free_header(header);
  const std::unique_ptr<void, FreeText> free_data(data);
  return {data, data + size};
}

Hash256 parse_wallet_id(const std::string& hex) {
  const auto id = parse_hex_array<32>(hex);
  if (!id) throw UsageStop("a wallet id has 64 lower-case hex digits, not: " + hex);
  return *id;
}

Hash384 parse_pcr(const std::string& flag, const std::string& hex) {
  const auto value = parse_hex_array<48>(hex);
  if (!value) throw UsageStop(flag + " has 96 lower-case hex digits, not: " + hex);
  return *value;
}

verify::JudgedAt parse_time(const std::string& text) {
  if (text == "doc") return {};
  if (text == "now") {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {.time_s =
                static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count())};
  }
  constexpr std::uint64_t time_s_max = 253'402'300'799;  // 9999-12-31T23:59:59Z, the last time of X.509
  std::uint64_t time_s = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time_s);
  if (error != std::errc() || end != text.data() + text.size() || time_s > time_s_max)
    throw UsageStop("--at is now, doc or seconds since 1970, not: " + text);
  return {.time_s = time_s};
}

wire::Envelope read_envelope_file(const std::string& path) {
  const auto value = value_or_stop(json::parse(read_file(path)), path);
  return value_or_stop(wire::parse_envelope(value), path);
}

PinnedConfig config_of(const Profile& profile) {
  if (!profile.config)
    throw Stop("config-missing", "the node profile pins no config: give it with benctl profile new --config");
  return {.text = *profile.config,
          .parsed = value_or_stop(policy::parse_config(as_bytes(*profile.config)), "the profile's config")};
}

verify::Measurements measurements_of(const Profile& profile) {
  if (profile.measurements) return *profile.measurements;
  throw Stop("not-pinned", "the profile pins no measurements: benctl profile new --update --measurements");
}

ConnectedNode::ConnectedNode(const Node& node, const verify::Waivers& waivers)
    : transport_(make_transport(node.profile)),
      client_(NodeClient::connect(*transport_, pins_of(node.profile), waivers)) {
  warn_of_test_root(client_);
}

void ConnectedNode::reconnect(const Profile& profile, const verify::Waivers& waivers) {
  client_ = NodeClient::connect(*transport_, pins_of(profile), waivers);
}

void warn_of_test_root(const NodeClient& client) {
  if (client.has_test_root())
    (void)std::fputs("UNTRUSTED TEST ROOT: this node proves nothing about real hardware\n", stderr);
}

}  // namespace ben::cli
