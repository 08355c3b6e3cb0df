#include "broker/store.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "folder.hpp"

namespace ben::broker {
namespace {

class TemporaryStore {
 public:
  [[nodiscard]] std::string path() const { return folder_ / "store.db"; }
  [[nodiscard]] std::unique_ptr<Store> open() const {
    auto store = Store::open(path());
    REQUIRE(store.has_value());
    return *std::move(store);
  }

  // What SQL sees in the file: the first column of the first row.
  [[nodiscard]] std::string query(const char* sql) const {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path().c_str(), &database) == SQLITE_OK);
    std::string text;
    char* problem = nullptr;
    const auto take = [](void* out, int, char** columns, char**) {
      *static_cast<std::string*>(out) = columns[0] == nullptr ? "" : columns[0];
      return 0;
    };
    sqlite3_exec(database, sql, take, &text, &problem);
    if (problem != nullptr) text = std::string("error: ") + problem;
    sqlite3_free(problem);
    sqlite3_close(database);
    return text;
  }

 private:
  ben::test::Folder folder_;
};

// A sealed seed of a wallet whose id is `fill` 32 times: all that the store reads of it.
Bytes sealed_seed(std::uint8_t fill, std::uint8_t last = 0) {
  Bytes seed{'B', 'E', 'N', 'S', 0, 1};
  seed.insert(seed.end(), 32, fill);
  seed.push_back(last);
  return seed;
}

std::string id_of(std::uint8_t fill) { return encode_hex(Bytes(32, fill)); }

std::string policy_of(std::uint8_t fill, int epoch) {
  const std::string payload =
      "{\"wallet_id\":\"" + id_of(fill) + "\",\"epoch\":" + std::to_string(epoch) + "}";
  return "{\"payload\":\"" + encode_base64(as_bytes(payload)) + "\"}";
}

Result<> save_wallet(Store& store, const Bytes& seed, std::string_view certificate) {
  wire::Persist persist;
  persist.wallet = wire::PersistWallet{.sealed_seed = seed, .certificate = as_bytes(certificate)};
  return store.save(persist);
}

Result<> save_policy(Store& store, const std::string& policy) {
  wire::Persist persist;
  persist.policy = as_bytes(policy);
  return store.save(persist);
}

TEST_CASE("an empty store gives nothing back") {
  const TemporaryStore file;
  const auto store = file.open();
  const auto wallet = store->newest_certified_wallet();
  REQUIRE(wallet.has_value());
  CHECK_FALSE(wallet->has_value());
  CHECK_FALSE(store->newest_policy(id_of(1))->has_value());
  CHECK_FALSE(*store->has_sealed_seed(id_of(1)));
}

TEST_CASE("the newest wallet that has a certificate comes back, also after a restart") {
  const TemporaryStore file;
  {
    const auto store = file.open();
    CHECK(save_wallet(*store, sealed_seed(1), "").has_value());
    CHECK_FALSE(store->newest_certified_wallet()->has_value());
    CHECK(save_wallet(*store, sealed_seed(1), "certificate 1").has_value());
    CHECK(save_wallet(*store, sealed_seed(1, 9), "certificate 1").has_value());
    CHECK(save_wallet(*store, sealed_seed(2), "").has_value());
  }
  const auto store = file.open();
  const auto wallet = store->newest_certified_wallet();
  REQUIRE(wallet.has_value());
  REQUIRE(wallet->has_value());
  CHECK((*wallet)->wallet_id == id_of(1));
  CHECK((*wallet)->sealed_seed == sealed_seed(1, 9));
  CHECK((*wallet)->certificate == "certificate 1");
  CHECK(*store->has_sealed_seed(id_of(1)));
  CHECK(*store->has_sealed_seed(id_of(2)));
  CHECK_FALSE(*store->has_sealed_seed(id_of(3)));
}

TEST_CASE("the newest policy is that of the wallet asked for") {
  const TemporaryStore file;
  const auto store = file.open();
  CHECK(save_policy(*store, policy_of(1, 1)).has_value());
  CHECK(save_policy(*store, policy_of(1, 2)).has_value());
  CHECK(save_policy(*store, policy_of(2, 1)).has_value());
  CHECK(store->newest_policy(id_of(1))->value() == policy_of(1, 2));
  CHECK(store->newest_policy(id_of(2))->value() == policy_of(2, 1));
}

TEST_CASE("every version is kept, and the same one is not added twice in a row") {
  const TemporaryStore file;
  {
    const auto store = file.open();
    for (int i = 0; i < 3; ++i) CHECK(save_wallet(*store, sealed_seed(1), "c").has_value());
    CHECK(save_wallet(*store, sealed_seed(2), "c").has_value());
    CHECK(save_wallet(*store, sealed_seed(1), "c").has_value());
    for (int i = 0; i < 3; ++i) CHECK(save_policy(*store, policy_of(1, 1)).has_value());
    CHECK(save_policy(*store, policy_of(2, 1)).has_value());
    CHECK(save_policy(*store, policy_of(1, 1)).has_value());
  }
  CHECK(file.query("SELECT count(*) FROM wallet") == "3");
  CHECK(file.query("SELECT count(*) FROM policy") == "2");
}

TEST_CASE("rows can be neither changed nor removed") {
  const TemporaryStore file;
  CHECK(save_wallet(*file.open(), sealed_seed(1), "c").has_value());
  CHECK(file.query("DELETE FROM wallet") == "error: rows are kept");
  CHECK(file.query("UPDATE wallet SET certificate = x'00'") == "error: rows are fixed");
  CHECK(file.query("SELECT count(*) FROM wallet") == "1");
}

TEST_CASE("what carries no wallet id is malformed and not stored") {
  const TemporaryStore file;
  const auto store = file.open();
  const auto cut = save_wallet(*store, Bytes(37, 1), "c");
  REQUIRE_FALSE(cut.has_value());
  CHECK(cut.error().tag.view() == "store-wallet");
  for (const char* policy :
       {"", "[]", "{}", "{\"payload\":1}", "{\"payload\":\"!\"}", "{\"payload\":\"e30=\"}"}) {
    CAPTURE(policy);
    const auto saved = save_policy(*store, policy);
    REQUIRE_FALSE(saved.has_value());
    CHECK(saved.error().tag.view() == "store-policy");
  }
  CHECK_FALSE(store->save(wire::Persist{}).has_value());
}

TEST_CASE("a policy given to the host counts where it is of that wallet and above the stored one's epoch") {
  CHECK(is_newer_policy(policy_of(1, 2), policy_of(1, 1), id_of(1)));
  CHECK(is_newer_policy(policy_of(1, 1), "", id_of(1)));
  CHECK_FALSE(is_newer_policy(policy_of(1, 1), policy_of(1, 1), id_of(1)));
  CHECK_FALSE(is_newer_policy(policy_of(1, 1), policy_of(1, 2), id_of(1)));
  CHECK_FALSE(is_newer_policy(policy_of(2, 2), policy_of(1, 1), id_of(1)));
  CHECK_FALSE(is_newer_policy("", policy_of(1, 1), id_of(1)));
  CHECK_FALSE(is_newer_policy("", "", id_of(1)));
}

TEST_CASE("only its owner may read the file, and it is durable by its settings") {
  const TemporaryStore file;
  const auto store = file.open();
  CHECK(save_wallet(*store, sealed_seed(1), "c").has_value());
  for (const std::string& name : {file.path(), file.path() + "-wal"}) {
    struct stat status{};
    REQUIRE(::stat(name.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  CHECK(file.query("PRAGMA journal_mode") == "wal");
}

TEST_CASE("a store of a newer program, a damaged one and one without a folder are told apart") {
  const TemporaryStore newer;
  CHECK(newer.query("PRAGMA user_version = 2").empty());
  CHECK(Store::open(newer.path()).error().tag.view() == "store-schema");

  const TemporaryStore damaged;
  std::ofstream(damaged.path()) << std::string(4096, 'x');
  CHECK(Store::open(damaged.path()).error().tag.view() == "store-damaged");

  CHECK(Store::open("/no/such/folder/store.db").error().tag.view() == "store-open");
}

TEST_CASE("a store whose pages were overwritten is damaged") {
  const TemporaryStore file;
  {
    const auto store = file.open();
    for (int i = 0; i < 200; ++i) CHECK(save_policy(*store, policy_of(1, i)).has_value());
  }
  const auto bytes = std::filesystem::file_size(file.path());
  REQUIRE(bytes > 3 * 4096);
  {
    std::fstream raw(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    raw.seekp(static_cast<std::streamoff>(bytes - 4096));
    raw << std::string(4096, '\xee');
  }
  const auto opened = Store::open(file.path());
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().tag.view() == "store-damaged");
}

}  // namespace
}  // namespace ben::broker
