#include "broker/store.hpp"

#include <sys/stat.h>

#include <sqlite3.h>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/hex.hpp"

namespace ben::broker {
namespace {

constexpr int schema_version = 1;
constexpr int busy_wait_ms = 2000;

constexpr const char* schema =
    "CREATE TABLE wallet (seq INTEGER PRIMARY KEY AUTOINCREMENT, saved_at TEXT NOT NULL DEFAULT "
    "CURRENT_TIMESTAMP,"
    " wallet_id TEXT NOT NULL, sealed_seed BLOB NOT NULL, certificate BLOB NOT NULL);"
    "CREATE TABLE policy (seq INTEGER PRIMARY KEY AUTOINCREMENT, saved_at TEXT NOT NULL DEFAULT "
    "CURRENT_TIMESTAMP,"
    " wallet_id TEXT NOT NULL, envelope BLOB NOT NULL);"
    "CREATE TRIGGER wallet_is_kept BEFORE DELETE ON wallet BEGIN SELECT RAISE(ABORT, 'rows are kept'); END;"
    "CREATE TRIGGER wallet_is_fixed BEFORE UPDATE ON wallet BEGIN SELECT RAISE(ABORT, 'rows are fixed'); END;"
    "CREATE TRIGGER policy_is_kept BEFORE DELETE ON policy BEGIN SELECT RAISE(ABORT, 'rows are kept'); END;"
    "CREATE TRIGGER policy_is_fixed BEFORE UPDATE ON policy BEGIN SELECT RAISE(ABORT, 'rows are fixed'); END;"
    "PRAGMA user_version = 1;";

constexpr Error read_failed{ErrorCode::unavailable, "store-read", "the store cannot be read"};

class Statement {
 public:
  Statement(sqlite3* database, const char* sql) {
    ready_ = sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) == SQLITE_OK;
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement(Statement&&) = delete;
  Statement& operator=(Statement&&) = delete;

  // Binds the next parameter; `bytes` and `text` have to live until the last step.
  Statement& blob(ByteView bytes) {
    // A null pointer would bind NULL, and an empty blob is a value.
    const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
    ready_ =
        ready_ && sqlite3_bind_blob64(statement_, ++bound_, data, bytes.size(), SQLITE_STATIC) == SQLITE_OK;
    return *this;
  }
  Statement& text(std::string_view text) {
    ready_ = ready_ && sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(), SQLITE_STATIC,
                                           SQLITE_UTF8) == SQLITE_OK;
    return *this;
  }

  // SQLITE_ROW, SQLITE_DONE or an error.
  [[nodiscard]] int step() { return ready_ ? sqlite3_step(statement_) : SQLITE_ERROR; }

  [[nodiscard]] ByteView column(int index) {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, index));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, index))};
  }
  [[nodiscard]] int number(int index) { return sqlite3_column_int(statement_, index); }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  bool ready_;
};

bool run(sqlite3* database, const char* sql) {
  return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

// The wallet id stands at a fixed place of a sealed seed: after magic and version (docs/protocol.md 9).
Result<std::string> wallet_id_of_seed(ByteView sealed_seed) {
  constexpr std::size_t offset = 6;
  constexpr std::size_t bytes = 32;
  if (sealed_seed.size() < offset + bytes) {
    return Error{ErrorCode::malformed, "store-wallet", "the sealed seed is too short to carry a wallet id"};
  }
  return encode_hex(sealed_seed.subspan(offset, bytes));
}

bool is_sound(sqlite3* database) {
  Statement check(database, "PRAGMA integrity_check(1)");
  return check.step() == SQLITE_ROW && as_text(check.column(0)) == "ok";
}

}  // namespace

Result<PolicyLabel> read_policy_label(ByteView envelope) {
  constexpr Error bad_form{ErrorCode::malformed, "store-policy", "the policy carries no wallet id"};
  const auto outer = nlohmann::json::parse(envelope.begin(), envelope.end(), nullptr, false);
  if (!outer.is_object() || !outer.contains("payload") || !outer["payload"].is_string()) return bad_form;
  const auto payload = parse_base64(outer["payload"].get_ref<const std::string&>());
  if (!payload) return bad_form;
  const auto inner = nlohmann::json::parse(payload->begin(), payload->end(), nullptr, false);
  if (!inner.is_object() || !inner.contains("wallet_id") || !inner["wallet_id"].is_string()) return bad_form;
  const auto epoch = inner.find("epoch");
  return PolicyLabel{
      .wallet_id = inner["wallet_id"].get<std::string>(),
      .epoch = epoch != inner.end() && epoch->is_number_integer() ? epoch->get<std::int64_t>() : 0};
}

bool is_newer_policy(const std::string& given, const std::string& stored, const std::string& wallet_id) {
  const auto label = read_policy_label(as_bytes(given));
  if (!label || label->wallet_id != wallet_id) return false;
  const auto last = read_policy_label(as_bytes(stored));
  return !last || label->epoch > last->epoch;
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
  constexpr Error cannot_open{ErrorCode::unavailable, "store-open",
                              "the store cannot be opened: its folder has to exist and be writable"};
  sqlite3* database = nullptr;
  const mode_t mask = ::umask(0077);
  const int opened =
      sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  std::unique_ptr<Store> store(new Store(database));  // closes the database in every case
  const bool usable = opened == SQLITE_OK && sqlite3_busy_timeout(database, busy_wait_ms) == SQLITE_OK &&
                      run(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  ::umask(mask);
  if (!usable) {
    const int problem = sqlite3_errcode(database);
    if (problem == SQLITE_NOTADB || problem == SQLITE_CORRUPT) {
      return Error{ErrorCode::malformed, "store-damaged", "the store is damaged: restore it from a copy"};
    }
    return cannot_open;
  }
  if (!is_sound(database)) {
    return Error{ErrorCode::malformed, "store-damaged", "the store is damaged: restore it from a copy"};
  }
  const auto prepared = store->prepare_schema();
  if (!prepared) return prepared.error();
  return store;
}

Store::~Store() { sqlite3_close_v2(database_); }

Result<> Store::prepare_schema() {
  int version = 0;
  {
    Statement statement(database_, "PRAGMA user_version");
    if (statement.step() != SQLITE_ROW) return read_failed;
    version = statement.number(0);
  }
  if (version == schema_version) return Ok{};
  if (version != 0) {
    return Error{ErrorCode::malformed, "store-schema", "the store was made by a newer program: use that one"};
  }
  if (run(database_, "BEGIN IMMEDIATE") && run(database_, schema) && run(database_, "COMMIT")) return Ok{};
  return Error{ErrorCode::unavailable, "store-write", "the store cannot be written: is the disk full?"};
}

Result<> Store::insert(const char* sql, const std::string& wallet_id, std::initializer_list<ByteView> blobs) {
  Statement statement(database_, sql);
  statement.text(wallet_id);
  for (const ByteView blob : blobs) statement.blob(blob);
  if (statement.step() == SQLITE_DONE) return Ok{};
  return Error{ErrorCode::unavailable, "store-write", "the store cannot be written: is the disk full?"};
}

Result<> Store::save(const wire::Persist& persist) {
  const std::lock_guard lock(mutex_);
  if (persist.wallet) {
    const auto wallet_id = wallet_id_of_seed(persist.wallet->sealed_seed);
    if (!wallet_id) return wallet_id.error();
    return insert(
        "INSERT INTO wallet (wallet_id, sealed_seed, certificate) SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
        " (SELECT 1 FROM (SELECT * FROM wallet ORDER BY seq DESC LIMIT 1)"
        "  WHERE wallet_id = ?1 AND sealed_seed = ?2 AND certificate = ?3)",
        *wallet_id, {persist.wallet->sealed_seed, persist.wallet->certificate});
  }
  if (!persist.policy) return Error{ErrorCode::malformed, "store-policy", "there is nothing to store"};
  const auto label = read_policy_label(*persist.policy);
  if (!label) return label.error();
  return insert(
      "INSERT INTO policy (wallet_id, envelope) SELECT ?1, ?2 WHERE NOT EXISTS"
      " (SELECT 1 FROM (SELECT * FROM policy WHERE wallet_id = ?1 ORDER BY seq DESC LIMIT 1) WHERE envelope "
      "= ?2)",
      label->wallet_id, {*persist.policy});
}

Result<std::optional<StoredWallet>> Store::newest_certified_wallet() {
  const std::lock_guard lock(mutex_);
  Statement statement(database_,
                      "SELECT wallet_id, sealed_seed, certificate FROM wallet WHERE length(certificate) > 0"
                      " ORDER BY seq DESC LIMIT 1");
  const int step = statement.step();
  if (step == SQLITE_DONE) return std::optional<StoredWallet>();
  if (step != SQLITE_ROW) return read_failed;
  return std::optional(StoredWallet{.wallet_id = std::string(as_text(statement.column(0))),
                                    .sealed_seed = to_bytes(statement.column(1)),
                                    .certificate = std::string(as_text(statement.column(2)))});
}

Result<std::optional<std::string>> Store::newest_policy(const std::string& wallet_id) {
  const std::lock_guard lock(mutex_);
  Statement statement(database_, "SELECT envelope FROM policy WHERE wallet_id = ? ORDER BY seq DESC LIMIT 1");
  const int step = statement.text(wallet_id).step();
  if (step == SQLITE_DONE) return std::optional<std::string>();
  if (step != SQLITE_ROW) return read_failed;
  return std::optional(std::string(as_text(statement.column(0))));
}

Result<bool> Store::has_sealed_seed(const std::string& wallet_id) {
  const std::lock_guard lock(mutex_);
  Statement statement(database_, "SELECT 1 FROM wallet WHERE wallet_id = ? LIMIT 1");
  const int step = statement.text(wallet_id).step();
  if (step != SQLITE_ROW && step != SQLITE_DONE) return read_failed;
  return step == SQLITE_ROW;
}

}  // namespace ben::broker
