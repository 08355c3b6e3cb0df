#include "signer/governance.hpp"

#include "base/hex.hpp"
#include "json/writer.hpp"

namespace ben::signer {

Result<Progress> Governance::propose(const wire::Envelope& envelope, const policy::Config& config,
                                     const Hash256& wallet_id) {
  const auto& [keys, threshold] = config.admins;
  BEN_TRY(const auto signers, wire::verify_envelope(envelope, wire::policy_payload_type, keys, threshold));
  BEN_TRY(auto next, policy::parse_policy(envelope.payload));
  const Hash256 hash = sha256(envelope.payload);
  if (active_ && active_->hash == hash) return Progress(result());
  BEN_TRY(admit(next, config, wallet_id));

  auto requesters = policy::requester_keys(next);
  pending_ = ActivePolicy{.policy = std::move(next),
                          .hash = hash,
                          .envelope = wire::encode_envelope(envelope),
                          .requesters = std::move(requesters)};
  return Progress(Question{.type = wire::FrameType::persist,
                           .body = wire::encode_persist_policy(as_bytes(pending_->envelope))});
}

Result<> Governance::admit(const policy::Policy& next, const policy::Config& config,
                           const Hash256& wallet_id) const {
  if (next.wallet_id != wallet_id) return refused("policy-wallet", "policy: it was made for another wallet");
  if (next.network != config.network)
    return refused("policy-network", "policy: it was made for another network");
  if (next.epoch < config.policy_epoch_floor)
    return refused("policy-epoch", "policy: its epoch is below the config's floor");
  if (!active_) return Ok{};
  if (next.epoch != active_->policy.epoch + 1)
    return refused("policy-epoch", "policy: its epoch is not the one after the policy in force");
  if (next.previous != active_->hash)
    return refused("policy-prev", "policy: prev is not the hash of the policy in force");
  return Ok{};
}

Progress Governance::stored() {
  active_ = std::move(pending_);
  pending_.reset();
  return result();
}

ResultJson Governance::result() const {
  return json::ObjectWriter()
      .text("policy_hash", encode_hex(active_->hash))
      .integer("policy_epoch", active_->policy.epoch)
      .finish();
}

}  // namespace ben::signer
