#include "broker/operations.hpp"

#include "broker/worker.hpp"
#include "relay/operation.hpp"

namespace ben::broker {

asio::awaitable<bool> Operations::persist(Bytes body) {
  const auto persist = wire::parse_persist(body);
  if (!persist) {
    log_.error("persist-malformed", {{"tag", persist.error().tag.view()}});
    co_return false;
  }
  const std::string_view kind = persist->wallet ? "wallet" : "policy";
  const auto saved = co_await on_worker(workers_, [&] { return store_.save(*persist); });
  if (!saved) {
    log_.error("persist-failed",
               {{"kind", kind}, {"tag", saved.error().tag.view()}, {"message", saved.error().reason.view()}});
    co_return false;
  }
  log_.info("persisted", {{"kind", kind}, {"bytes", static_cast<std::int64_t>(body.size())}});
  co_return true;
}

asio::awaitable<std::optional<Bytes>> Operations::decrypt_by_kms(Bytes body) {
  const auto call = wire::parse_kms_decrypt(body);
  if (!call || kms_ == nullptr) {
    log_.error("kms-unexpected",
               {{"message", "the enclave asked for KMS in a way that its config does not allow"}});
    co_return std::nullopt;
  }
  const auto decrypted = co_await on_worker(workers_, [&] {
    return kms_->client.decrypt_for_recipient(kms_->key, call->wrapped_key, call->document);
  });
  if (decrypted) {
    log_.info("kms-decrypted");
    co_return wire::encode_kms_reply({.outcome = wire::KmsOutcome::answered, .cms = *decrypted});
  }

  const Failure& failure = decrypted.failure();
  ++node_.metrics.kms_failures;
  node_.trouble =
      std::string(failure.error.reason.view()) + (failure.detail.empty() ? "" : ": " + failure.detail);
  log_.error("kms-failed", {{"tag", failure.error.tag.view()}, {"message", node_.trouble}});
  // An answer that was cut, or is none of KMS, is no refusal: to look into the key's policy would not help.
  const bool is_refusal = failure.error.code == ErrorCode::refused;
  co_return wire::encode_kms_reply(
      {.outcome = is_refusal ? wire::KmsOutcome::refused : wire::KmsOutcome::unavailable, .cms = {}});
}

}  // namespace ben::broker
