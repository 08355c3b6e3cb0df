// The broker's memory: sealed seeds, wallet certificates and policies, in one SQLite file.
//
// Everything in it is opaque to us or signed by others, so the file needs no secrecy; its loss loses the
// wallet. Rows are only added, never changed or removed, so that every version ever given is still there.
#pragma once

#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "relay/operation.hpp"

struct sqlite3;

namespace ben::broker {

struct StoredWallet {
  std::string wallet_id;  // 64 hex digits
  Bytes sealed_seed;
  std::string certificate;  // DSSE JSON
};

// What a policy's envelope says of itself. Nothing is verified: that is the enclave's part.
struct PolicyLabel {
  std::string wallet_id;
  std::int64_t epoch;  // 0 where it says none
};

// Fails with `malformed` (store-policy).
Result<PolicyLabel> read_policy_label(ByteView envelope);

// Whether `given` is a policy of that wallet with an epoch above `stored`'s. Either may be empty: there is
// none.
[[nodiscard]] bool is_newer_policy(const std::string& given, const std::string& stored,
                                   const std::string& wallet_id);

class Store {
 public:
  // Opens or makes the file, mode 0600, and checks its integrity. Write-ahead log, synchronous FULL: what
  // save() reports as done survives a loss of power. Fails with `unavailable` (store-open) or `malformed`
  // (store-schema: made by a newer program; store-damaged).
  static Result<std::unique_ptr<Store>> open(const std::string& path);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  Store(Store&&) = delete;
  Store& operator=(Store&&) = delete;

  // Adds what a PERSIST carries; the same bytes as the newest of their kind are not added again. Fails with
  // `malformed` (store-wallet, store-policy: no wallet id is in them) or `unavailable` (store-write).
  Result<> save(const wire::Persist& persist);

  // The newest wallet that has a certificate; none: nothing was stored.
  Result<std::optional<StoredWallet>> newest_certified_wallet();

  // The newest policy of that wallet, DSSE JSON.
  Result<std::optional<std::string>> newest_policy(const std::string& wallet_id);

  // Whether a sealed seed of that wallet is here, certified or not.
  Result<bool> has_sealed_seed(const std::string& wallet_id);

 private:
  explicit Store(sqlite3* database) noexcept : database_(database) {}
  Result<> prepare_schema();
  Result<> insert(const char* sql, const std::string& wallet_id, std::initializer_list<ByteView> blobs);

  sqlite3* database_;
  std::mutex mutex_;  // calls come from worker threads
};

}  // namespace ben::broker
