// Authorization: who signed a request, for which wallet, and whether it is in time and new.
#pragma once

#include <map>

#include "signer/clock.hpp"
#include "wire/dsse.hpp"
#include "wire/request.hpp"

namespace ben::signer {

inline constexpr std::int64_t expiry_ahead_ms_max = std::int64_t{24} * 3600 * 1000;
inline constexpr std::size_t remembered_requests_max = 65'536;  // some 8 MB

// A request whose signatures, method and time were checked.
struct AuthorizedRequest {
  wire::SignedRequest request;
  std::vector<Ed25519PublicKey> signers;
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

// Verifies, in this order: the signatures by `threshold` of `keys`, the payload's form, `method`, and that it
// expires within 24 h from now; then remembers its id. Fails with `refused` or `malformed`: auth-…, nsm-….
Result<AuthorizedRequest> authorize(const wire::Envelope& envelope, std::span<const Ed25519PublicKey> keys,
                                    std::size_t threshold, std::string_view method, TrustedClock& clock,
                                    RequestLedger& ledger);

}  // namespace ben::signer
