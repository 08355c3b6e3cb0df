// Governance: the policy in force and how the next one takes its place.
#pragma once

#include "policy/policy.hpp"
#include "signer/progress.hpp"

namespace ben::signer {

struct ActivePolicy {
  policy::Policy policy;
  Hash256 hash;          // of the payload
  std::string envelope;  // JSON, as get_policy shows it
  std::vector<Ed25519PublicKey> requesters;
};

class Governance {
 public:
  // The first policy of a boot may have any epoch from the config's floor on; a later one the next epoch,
  // with `prev` the hash of the one before. The same one again is no change. Fails with `refused`: auth-…,
  // policy-wallet, policy-network, policy-epoch, policy-prev; `malformed`: policy-form.
  Result<Progress> propose(const wire::Envelope& envelope, const policy::Config& config,
                           const Hash256& wallet_id);

  // The broker has stored what the Question asked it to.
  Progress stored();

  void abandon() noexcept { pending_.reset(); }
  [[nodiscard]] bool is_pending() const noexcept { return pending_.has_value(); }

  [[nodiscard]] const ActivePolicy* active() const noexcept { return active_ ? &*active_ : nullptr; }

 private:
  Result<> admit(const policy::Policy& next, const policy::Config& config, const Hash256& wallet_id) const;
  [[nodiscard]] ResultJson result() const;

  std::optional<ActivePolicy> active_;
  std::optional<ActivePolicy> pending_;
};

}  // namespace ben::signer
