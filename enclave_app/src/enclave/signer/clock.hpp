// TrustedClock: the time of the NSM's own documents, the only clock that decides anything.
#pragma once

#include <optional>

#include "nsm/client.hpp"

namespace ben::signer {

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

}  // namespace ben::signer
