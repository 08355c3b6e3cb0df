// Authorization: who signed a request, and whether it is in time and new.
#pragma once

#include <map>

#include "nsm/client.hpp"
#include "wire/dsse.hpp"
#include "wire/rpc.hpp"

namespace ben::signer {

inline constexpr std::int64_t expiry_ahead_ms_max = std::int64_t{24} * 3600 * 1000;
inline constexpr std::size_t remembered_requests_max = 65'536;  // some 8 MB

// The time of the NSM's own documents, the only clock that decides anything.
class TrustedClock {
 public:
  explicit TrustedClock(NsmClient& nsm) noexcept : nsm_(nsm) {}

  // Milliseconds since 1970, from one document for each group of decisions.
  // Fails with `unavailable` or `malformed` (nsm-…), or `refused` (nsm-time) when time went backwards.
  Result<std::int64_t> now_ms();

  // The next decision needs a new document.
  void begin_group() noexcept { group_ms_.reset(); }

 private:
  NsmClient& nsm_;
  std::optional<std::int64_t> group_ms_;
  std::int64_t last_ms_ = 0;
};

// The request ids of this boot. One id stands for one payload until the request expires.
class RequestLedger {
 public:
  // Fails with `refused`: auth-replay (the id came with another payload) or auth-full.
  Result<> admit(const wire::SignedRequest& request, ByteView payload, std::int64_t now_ms);

 private:
  struct Entry {
    Hash256 payload_hash;
    std::int64_t expires_at_ms;
  };
  std::map<wire::RequestId, Entry> entries_;
};

// A request whose signatures, method and time were checked.
struct AuthorizedRequest {
  wire::SignedRequest request;
  std::vector<Ed25519PublicKey> signers;
};

// Verifies, in this order: the signatures by `threshold` of `keys`, the payload's form, `method`, and that it
// expires within 24 h from now; then remembers its id. Fails with `refused` or `malformed`: auth-…, nsm-….
Result<AuthorizedRequest> authorize(const wire::Envelope& envelope, std::span<const Ed25519PublicKey> keys,
                                    std::size_t threshold, std::string_view method, TrustedClock& clock,
                                    RequestLedger& ledger);

}  // namespace ben::signer
