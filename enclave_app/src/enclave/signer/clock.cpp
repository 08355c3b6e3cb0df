#include "signer/clock.hpp"

#include "wire/statement.hpp"

namespace ben::signer {

Result<std::int64_t> TrustedClock::now_ms() {
  if (group_ms_) return *group_ms_;
  const auto document =
      nsm_.attestation({.user_data = as_bytes(wire::time_user_data), .nonce = {}, .public_key = {}});
  if (!document) return document.error();
  const auto timestamp = document_timestamp_ms(*document);
  if (!timestamp) return timestamp.error();
  if (*timestamp > INT64_MAX || static_cast<std::int64_t>(*timestamp) < last_ms_)
    return refused("nsm-time", "nsm: the documents' time went backwards: nothing is decided by it");
  last_ms_ = static_cast<std::int64_t>(*timestamp);
  group_ms_ = last_ms_;
  return last_ms_;
}

}  // namespace ben::signer
