#include "signer/authorization.hpp"

namespace ben::signer {

Result<std::int64_t> TrustedClock::now_ms() {
  if (group_ms_) return *group_ms_;
  BEN_TRY(const auto document,
          nsm_.attestation({.user_data = as_bytes(wire::time_user_data), .nonce = {}, .public_key = {}}));
  BEN_TRY(const auto timestamp, document_timestamp_ms(document));
  const auto now_ms = static_cast<std::int64_t>(timestamp);  // before the year 10,000
  if (now_ms < last_ms_)
    return refused("nsm-time", "nsm: the documents' time went backwards: nothing is decided by it");
  last_ms_ = now_ms;
  group_ms_ = now_ms;
  return now_ms;
}

Result<> RequestLedger::admit(const wire::SignedRequest& request, ByteView payload, std::int64_t now_ms) {
  const Hash256 payload_hash = sha256(payload);
  const auto known = entries_.find(request.request_id);
  if (known != entries_.end()) {
    if (known->second.payload_hash == payload_hash) return Ok{};
    return refused("auth-replay", "auth: this request_id was used for another request: draw a new one");
  }
  if (entries_.size() >= remembered_requests_max)
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.expires_at_ms < now_ms; });
  if (entries_.size() >= remembered_requests_max)
    return refused("auth-full", "auth: too many requests have not expired yet: use shorter expiry times");
  entries_.emplace(request.request_id,
                   Entry{.payload_hash = payload_hash, .expires_at_ms = request.expires_at_ms});
  return Ok{};
}

Result<AuthorizedRequest> authorize(const wire::Envelope& envelope, std::span<const Ed25519PublicKey> keys,
                                    std::size_t threshold, std::string_view method, TrustedClock& clock,
                                    RequestLedger& ledger) {
  BEN_TRY(auto signers, wire::verify_envelope(envelope, wire::request_payload_type, keys, threshold));
  BEN_TRY(auto request, wire::parse_signed_request(envelope.payload));
  if (request.method != method)
    return refused("auth-method", "auth: the request was signed for another method");
  BEN_TRY(const auto now_ms, clock.now_ms());
  if (request.expires_at_ms <= now_ms)
    return refused("auth-expired", "auth: the request has expired: sign a new one");
  if (request.expires_at_ms - now_ms > expiry_ahead_ms_max)
    return refused("auth-expiry", "auth: expires_at is more than 24 h ahead");
  BEN_TRY(ledger.admit(request, envelope.payload, now_ms));
  return AuthorizedRequest{.request = std::move(request), .signers = std::move(signers)};
}

}  // namespace ben::signer
