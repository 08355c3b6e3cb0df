#include "signer/custody.hpp"

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "json/writer.hpp"

namespace ben::signer {
namespace {

Question persist_question(ByteView sealed_seed, std::string_view certificate) {
  return {.type = wire::FrameType::persist,
          .body = wire::encode_persist({.sealed_seed = sealed_seed, .certificate = as_bytes(certificate)})};
}

}  // namespace

Result<> Custody::prepare() {
  if (!config_.config.kms) return Ok{};
  return opener_.prepare();
}

Result<Progress> Custody::genesis(const wire::SignedRequest& request, ByteView payload) {
  const Hash256 payload_hash = sha256(payload);
  if (held_ && genesis_payload_hash_ == payload_hash) return Progress(genesis_result());
  if (held_) return refused("state-not-empty", "genesis: this enclave holds a wallet already");
  if (request.boot_id != keys_.boot_id)
    return refused("auth-boot", "genesis: the request names another boot: sign a new one for this boot");
  if (request.config_hash != config_.hash)
    return refused("auth-config", "genesis: the request names another config");
  BEN_TRY(auto seed, entropy_.draw_seed(request.entropy));
  BEN_TRY(auto wallet, derive(seed));
  pending_.emplace();
  pending_->payload_hash = payload_hash;
  if (!config_.config.kms) {
    pending_->wallet = std::move(wallet);
    return hold();
  }
  BEN_TRY(auto fresh, entropy_.draw<64>());
  const SealedSeedHeader sealer{
      .wallet_id = wallet.id(), .config_hash = config_.hash, .image = config_.image};
  BEN_TRY(auto sealed_seed, seal_seed(seed, sealer, config_.config.kms->public_key, std::move(fresh)));
  pending_->seed = std::move(seed);
  return ask_kms(std::move(sealed_seed));
}

Result<Progress> Custody::unseal(ByteView sealed_seed, const wire::Envelope* certificate) {
  if (held_) return refused("state-not-empty", "unseal: this enclave holds a wallet already");
  if (!config_.config.kms) return refused("seal-config", "unseal: the config names no KMS key");
  BEN_TRY(const auto sealed, parse_sealed_seed(sealed_seed));
  if (sealed.header.config_hash != config_.hash)
    return refused("seal-config", "unseal: the seed was sealed under another config");
  if (sealed.header.image != config_.image)
    return refused("seal-image", "unseal: the seed was sealed by another image");
  Pending pending{};
  if (certificate != nullptr) {
    BEN_TRY(auto checked, checked_certificate(*certificate, sealed.header.wallet_id));
    pending.certificate = std::move(checked);
  }
  pending_ = std::move(pending);
  return ask_kms(to_bytes(sealed_seed));
}

Result<Progress> Custody::certify(const wire::Envelope& certificate) {
  if (!held_) return refused("state-empty", "certify: there is no wallet: genesis or unseal comes first");
  BEN_TRY(auto checked, checked_certificate(certificate, held_->wallet.id()));
  if (held_->sealed_seed.empty()) {
    held_->certificate = std::move(checked);
    return Progress(state_result());
  }
  pending_.emplace();
  pending_->certificate = std::move(checked);
  return Progress(persist_question(held_->sealed_seed, pending_->certificate));
}

Result<Progress> Custody::ask_kms(Bytes sealed_seed) {
  pending_->sealed_seed = std::move(sealed_seed);
  BEN_TRY(const auto sealed, parse_sealed_seed(pending_->sealed_seed));
  pending_->sealed = sealed;
  return opener_.ask(sealed);
}

// What genesis made must be what came back: a forged reply yields no seed at all.
Result<Progress> Custody::kms_replied(ByteView body) {
  BEN_TRY(const auto seed, opener_.open(pending_->sealed, body));
  if (pending_->seed && !(seed == *pending_->seed))
    return internal("seal-internal", "seal: the seed that came back is not the one that was sealed");
  BEN_TRY(auto wallet, derive(seed));
  if (pending_->sealed.header.wallet_id != wallet.id())
    return refused("seal-wallet", "seal: the sealed seed is not of the wallet it names");
  pending_->wallet = std::move(wallet);
  pending_->seed.reset();
  const bool is_known_to_broker = !pending_->payload_hash && pending_->certificate.empty();
  if (is_known_to_broker) return hold();
  return Progress(persist_question(pending_->sealed_seed, pending_->certificate));
}

Progress Custody::stored() {
  if (pending_->wallet) return hold();
  held_->certificate = std::move(pending_->certificate);
  pending_.reset();
  return state_result();
}

Progress Custody::hold() {
  genesis_payload_hash_ = pending_->payload_hash;
  held_ = Held{.wallet = std::move(*pending_->wallet),
               .sealed_seed = std::move(pending_->sealed_seed),
               .certificate = std::move(pending_->certificate)};
  pending_.reset();
  return genesis_payload_hash_ ? genesis_result() : state_result();
}

Result<bitcoin::Wallet> Custody::derive(const WalletSeed& seed) const {
  return bitcoin::Wallet::derive(keys_.curve, seed, config_.config.network, config_.config.accounts);
}

Result<std::string> Custody::checked_certificate(const wire::Envelope& certificate,
                                                 const Hash256& wallet_id) const {
  BEN_TRY(const auto certified, policy::verify_certificate(certificate, config_.config, config_.hash));
  if (certified != wallet_id) return refused("seal-wallet", "certificate: it is of another wallet");
  return wire::encode_envelope(certificate);
}

ResultJson Custody::genesis_result() const {
  return json::ObjectWriter()
      .text("wallet_id", encode_hex(held_->wallet.id()))
      .text("network", bitcoin::parameters_of(config_.config.network).name)
      .raw("accounts", policy::encode_accounts(config_.config.accounts))
      .text("origin", policy::origin_generated)
      .text("config_hash", encode_hex(config_.hash))
      .text_or_null("sealed_seed", encode_base64(held_->sealed_seed))
      .finish();
}

ResultJson Custody::state_result() const {
  return json::ObjectWriter()
      .text("wallet_id", encode_hex(held_->wallet.id()))
      .text("state", state())
      .finish();
}

std::string_view Custody::state() const noexcept {
  if (!held_) return "EMPTY";
  return held_->certificate.empty() ? "LOCKED" : "ARMED";
}

const bitcoin::Wallet* Custody::armed_wallet() const noexcept {
  return held_ && !held_->certificate.empty() ? &held_->wallet : nullptr;
}

std::optional<Hash256> Custody::wallet_id() const noexcept {
  return held_ ? std::optional(held_->wallet.id()) : std::nullopt;
}

std::string_view Custody::origin() const noexcept {
  return armed_wallet() != nullptr ? policy::origin_generated : std::string_view();
}

}  // namespace ben::signer
