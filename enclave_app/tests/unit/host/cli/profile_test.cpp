#include "cli/profile.hpp"

#include <filesystem>

#include <doctest/doctest.h>

#include "cli/files.hpp"
#include "cli/pending_genesis.hpp"
#include "cli/stop.hpp"
#include "folder.hpp"

namespace ben {
namespace {

wire::Envelope some_envelope() {
  const std::vector<Ed25519Key> keys = [] {
    std::vector<Ed25519Key> made;
    made.emplace_back(Secret<32>(ByteArray<32>{1}));
    return made;
  }();
  return cli::sign_envelope(wire::wallet_payload_type, as_bytes("{}"), keys);
}

cli::Profile full_profile() {
  cli::Profile profile;
  profile.url = "http://127.0.0.1:8080";
  profile.root = {0x30, 0x00};
  profile.measurements = verify::Measurements{.pcr0 = {1}, .pcr1 = {2}, .pcr2 = {3}};
  profile.config = "{\n \"network\": \"regtest\"\n}";
  profile.wallet_id = Hash256{4};
  profile.descriptors = {{.account = "bip84/0", .descriptor = "wpkh([00000000/84h]x/<0;1>/*)#abcdefgh"}};
  profile.certificate = some_envelope();
  profile.policy_epoch_min = 7;
  profile.pcr3 = Hash384{5};
  profile.key = "/home/desk/desk.pem";
  return profile;
}

TEST_CASE("a profile comes back as it was written, the config byte for byte") {
  for (const cli::Profile& profile : {cli::Profile{}, full_profile()}) {
    const std::string text = cli::encode_profile(profile);
    const auto read = cli::parse_profile(text);
    REQUIRE(read.has_value());
    CHECK(cli::encode_profile(*read) == text);
    CHECK(read->config == profile.config);
    CHECK(read->wallet_id == profile.wallet_id);
    CHECK(read->root == profile.root);
  }
}

TEST_CASE("a profile with a member missing, unknown or of another type is refused") {
  const std::string text = cli::encode_profile(full_profile());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    REQUIRE(changed.find(from) != std::string::npos);
    return changed.replace(changed.find(from), from.size(), to);
  };
  for (const std::string& changed :
       {with("\"version\":1", "\"version\":2"), with("\"log_head\":null", "\"log_head\":1"),
        with("\"log_head\":null,", ""), with("\"key\":", "\"keys\":"),
        with("\"policy_epoch_min\":7", "\"policy_epoch_min\":-7"), with("\"PCR1\"", "\"PCR3\""),
        with("\"root\":\"MAA=\"", "\"root\":\"MAA\""), std::string("{}"), std::string()}) {
    CAPTURE(changed);
    const auto read = cli::parse_profile(changed);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().tag.view() == "profile-form");
  }
}

TEST_CASE("an unfinished genesis comes back as it was written") {
  cli::PendingGenesis pending{
      .boot_id = {1}, .call = cli::make_call("genesis", "{}"), .wallet = std::nullopt};
  const auto first = cli::parse_pending(cli::encode_pending(pending));
  REQUIRE(first.has_value());
  CHECK(first->boot_id == pending.boot_id);
  CHECK(first->call.id == pending.call.id);
  CHECK(first->call.body == pending.call.body);
  CHECK_FALSE(first->wallet.has_value());

  pending.wallet =
      cli::MadeWallet{.wallet_id = {2}, .sealed_seed = {1, 2, 3}, .certificate = some_envelope()};
  const auto second = cli::parse_pending(cli::encode_pending(pending));
  REQUIRE(second.has_value());
  REQUIRE(second->wallet.has_value());
  CHECK(second->wallet->wallet_id == Hash256{2});
  CHECK(second->wallet->sealed_seed == Bytes{1, 2, 3});
  CHECK(wire::encode_envelope(second->wallet->certificate) == wire::encode_envelope(some_envelope()));
  CHECK_FALSE(cli::parse_pending("{}").has_value());
}

TEST_CASE("a file is replaced whole, and a lock keeps a second writer out") {
  const test::Folder folder;
  const std::filesystem::path path = folder / "deep/node.json";
  cli::save_profile(path, full_profile());
  cli::save_profile(path, {});
  const auto read = cli::load_profile(path);
  REQUIRE(read.has_value());
  CHECK(read->url.empty());
  CHECK(std::filesystem::exists(path.string() + ".new") == false);
  CHECK_FALSE(cli::load_profile(path.string() + ".none").has_value());
  CHECK(cli::beside_profile(path, "genesis") == path.parent_path() / "node.genesis");
  {
    const cli::FileLock lock(path);
    bool refused = false;
    try {
      const cli::FileLock second(path);
    } catch (const cli::Stop& stop) {
      refused = stop.tag() == "file-locked";
    }
    CHECK(refused);
  }
  const cli::FileLock free_again(path);
}

}  // namespace
}  // namespace ben
