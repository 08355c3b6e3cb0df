#include "signer/custody.hpp"

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "json/writer.hpp"
#include "wire/operation.hpp"

namespace ben::signer {

Result<> Custody::prepare() {
  if (!config_.config.kms) return Ok{};
  return opener_.prepare();
}

Result<Progress> Custody::genesis(const wire::SignedRequest& request, ByteView payload) {
  const Hash256 payload_hash = sha256(payload);
  if (held_ && genesis_payload_hash_ == payload_hash) return Progress(genesis_result(*held_));
  if (held_) {
    return Error{ErrorCode::refused, "state-not-empty", "genesis: this enclave holds a wallet already"};
  }
  if (request.boot_id != keys_.boot_id) {
    return Error{ErrorCode::refused, "auth-boot",
                 "genesis: the request names another boot: sign a new one for this boot"};
  }
  if (request.config_hash != config_.hash) {
    return Error{ErrorCode::refused, "auth-config", "genesis: the request names another config"};
  }
  auto seed = entropy_.draw_seed(request.entropy);
  if (!seed) return seed.error();
  auto wallet = derive(*seed);
  if (!wallet) return wallet.error();
  pending_.emplace();
  pending_->is_genesis = true;
  pending_->payload_hash = payload_hash;
  if (!config_.config.kms)
    return hold(Held{.wallet = std::move(*wallet), .sealed_seed = {}, .certificate = {}});

  const SealedSeedHeader sealer{.wallet_id = wallet->id(),
                                .config_hash = config_.hash,
                                .pcr0 = config_.image.pcr0,
                                .pcr1 = config_.image.pcr1,
                                .pcr2 = config_.image.pcr2};
  auto sealed_seed = seal_seed(*seed, sealer, config_.config.kms->public_key, entropy_);
  if (!sealed_seed) return sealed_seed.error();
  pending_->seed = std::move(*seed);
  pending_->sealed_seed = std::move(*sealed_seed);
  return ask_kms();
}

Result<Progress> Custody::unseal(ByteView sealed_seed, const json::Value& certificate) {
  if (held_)
    return Error{ErrorCode::refused, "state-not-empty", "unseal: this enclave holds a wallet already"};
  if (!config_.config.kms) {
    return Error{ErrorCode::refused, "seal-config", "unseal: the config names no KMS key"};
  }
  const auto sealed = parse_sealed_seed(sealed_seed);
  if (!sealed) return sealed.error();
  if (sealed->header.config_hash != config_.hash) {
    return Error{ErrorCode::refused, "seal-config", "unseal: the seed was sealed under another config"};
  }
  const ImageMeasurements& image = config_.image;
  if (sealed->header.pcr0 != image.pcr0 || sealed->header.pcr1 != image.pcr1 ||
      sealed->header.pcr2 != image.pcr2) {
    return Error{ErrorCode::refused, "seal-image", "unseal: the seed was sealed by another image"};
  }
  Pending pending{};
  if (!certificate.is_null()) {
    auto checked = checked_certificate(certificate, sealed->header.wallet_id);
    if (!checked) return checked.error();
    pending.certificate = std::move(*checked);
  }
  pending.sealed_seed = to_bytes(sealed_seed);
  pending_ = std::move(pending);
  return ask_kms();
}

Result<Progress> Custody::certify(const json::Value& certificate) {
  if (!held_) {
    return Error{ErrorCode::refused, "state-empty",
                 "certify: there is no wallet: genesis or unseal comes first"};
  }
  auto checked = checked_certificate(certificate, held_->wallet.id());
  if (!checked) return checked.error();
  if (held_->sealed_seed.empty()) {
    held_->certificate = std::move(*checked);
    return Progress(state_result());
  }
  pending_.emplace();
  pending_->certificate = std::move(*checked);
  const Bytes body = wire::encode_persist(
      wire::PersistWallet{.sealed_seed = held_->sealed_seed, .certificate = as_bytes(pending_->certificate)});
  pending_->persist_hash = sha256(body);
  return Progress(Question{.type = wire::FrameType::persist, .body = body});
}

Result<Progress> Custody::resume(wire::FrameType type, ByteView body) {
  if (!pending_) return Error{ErrorCode::internal, "wire-order", "custody: nothing is under way"};
  if (type == wire::FrameType::kms_reply && !pending_->persist_hash) {
    const auto sealed = parse_sealed_seed(pending_->sealed_seed);
    if (!sealed) return sealed.error();
    auto seed = opener_.open(*sealed, body);
    if (!seed) return seed.error();
    return opened(std::move(*seed));
  }
  if (type == wire::FrameType::ack && pending_->persist_hash) {
    if (!equal(body, *pending_->persist_hash)) {
      return Error{ErrorCode::refused, "wire-ack", "persist: the acknowledgement is of something else"};
    }
    if (pending_->held) return hold(std::move(*pending_->held));
    held_->certificate = std::move(pending_->certificate);
    pending_.reset();
    return Progress(state_result());
  }
  return Error{ErrorCode::refused, "wire-order", "custody: a frame came that was not asked for"};
}

Result<Progress> Custody::ask_kms() {
  const auto sealed = parse_sealed_seed(pending_->sealed_seed);
  if (!sealed) return sealed.error();
  auto question = opener_.ask(*sealed);
  if (!question) return question.error();
  return Progress(std::move(*question));
}

// The seed came back through KMS. What genesis made must be what came back: a forged reply yields no seed at
// all.
Result<Progress> Custody::opened(WalletSeed seed) {
  if (pending_->is_genesis && !(seed == *pending_->seed)) {
    return Error{ErrorCode::internal, "seal-internal",
                 "seal: the seed that came back is not the one that was sealed"};
  }
  auto wallet = derive(seed);
  if (!wallet) return wallet.error();
  const auto sealed = parse_sealed_seed(pending_->sealed_seed);
  if (!sealed) return sealed.error();
  if (sealed->header.wallet_id != wallet->id()) {
    return Error{ErrorCode::refused, "seal-wallet", "seal: the sealed seed is not of the wallet it names"};
  }
  Held held{.wallet = std::move(*wallet),
            .sealed_seed = pending_->sealed_seed,
            .certificate = std::move(pending_->certificate)};
  const bool is_stored = pending_->is_genesis || !held.certificate.empty();
  return is_stored ? persist(std::move(held)) : hold(std::move(held));
}

Result<Progress> Custody::persist(Held held) {
  Bytes body = wire::encode_persist(
      wire::PersistWallet{.sealed_seed = held.sealed_seed, .certificate = as_bytes(held.certificate)});
  pending_->seed.reset();
  pending_->persist_hash = sha256(body);
  pending_->held = std::move(held);
  return Progress(Question{.type = wire::FrameType::persist, .body = std::move(body)});
}

Result<Progress> Custody::hold(Held held) {
  const bool is_genesis = pending_->is_genesis;
  genesis_payload_hash_ = pending_->payload_hash;
  pending_.reset();
  held_ = std::move(held);
  return Progress(is_genesis ? genesis_result(*held_) : state_result());
}

Result<bitcoin::Wallet> Custody::derive(const WalletSeed& seed) const {
  return bitcoin::Wallet::derive(keys_.curve, seed, config_.config.network, config_.config.accounts);
}

Result<std::string> Custody::checked_certificate(const json::Value& certificate,
                                                 const Hash256& wallet_id) const {
  const auto envelope = wire::parse_envelope(certificate);
  if (!envelope) return envelope.error();
  const auto verified = policy::verify_certificate(*envelope, config_.config, config_.hash);
  if (!verified) return verified.error();
  if (verified->wallet_id != wallet_id) {
    return Error{ErrorCode::refused, "seal-wallet", "certificate: it is of another wallet"};
  }
  return wire::encode_envelope(*envelope);
}

ResultJson Custody::genesis_result(const Held& held) const {
  return json::ObjectWriter()
      .text("wallet_id", encode_hex(held.wallet.id()))
      .text("network", bitcoin::parameters_of(config_.config.network).name)
      .raw("accounts", policy::encode_accounts(config_.config.accounts))
      .text("origin", policy::origin_generated)
      .text("config_hash", encode_hex(config_.hash))
      .text_or_null("sealed_seed", encode_base64(held.sealed_seed))
      .finish();
}

ResultJson Custody::state_result() const {
  return json::ObjectWriter()
      .text("wallet_id", encode_hex(held_->wallet.id()))
      .text("state", wire::state_name(state()))
      .finish();
}

wire::SignerState Custody::state() const noexcept {
  if (!held_) return wire::SignerState::empty;
  return held_->certificate.empty() ? wire::SignerState::locked : wire::SignerState::armed;
}

const bitcoin::Wallet* Custody::armed_wallet() const noexcept {
  return state() == wire::SignerState::armed ? &held_->wallet : nullptr;
}

std::optional<Hash256> Custody::wallet_id() const noexcept {
  if (!held_) return std::nullopt;
  return held_->wallet.id();
}

std::string_view Custody::origin() const noexcept {
  return state() == wire::SignerState::armed ? policy::origin_generated : std::string_view();
}

}  // namespace ben::signer
