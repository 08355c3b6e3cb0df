#include "signer/signer.hpp"

#include <openssl/crypto.h>

#include "json/reader.hpp"
#include "json/writer.hpp"

namespace ben::signer {
namespace {

constexpr std::string_view no_id = "null";

}  // namespace

const Signer::Method Signer::methods[] = {
    {"get_info", &Signer::get_info, false},
    {"get_attestation", &Signer::get_attestation, false},
    {"get_public_key", &Signer::get_public_key, false},
    {"get_address", &Signer::get_address, false},
    {"get_descriptors", &Signer::get_descriptors, false},
    {"get_policy", &Signer::get_policy, false},
    {"genesis", &Signer::genesis, true},
    {"certify_wallet", &Signer::certify_wallet, true},
    {"unseal", &Signer::unseal, true},
    {"set_policy", &Signer::set_policy, true},
    {"sign_transaction", &Signer::sign_transaction, false},
    {"evaluate_transaction", &Signer::evaluate_transaction, false},
};

Signer::Signer(NsmTransport& nsm, std::string rng)
    : nsm_(nsm), rng_(std::move(rng)), entropy_(nsm_), clock_(nsm_) {}

Result<std::unique_ptr<Signer>> Signer::start(NsmTransport& nsm, std::string rng) {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);  // no file is opened
  std::unique_ptr<Signer> signer(new Signer(nsm, std::move(rng)));
  BEN_TRY(signer->entropy_.feed_libcrypto());
  BEN_TRY(auto keys, BootKeys::draw(signer->entropy_));
  signer->keys_.emplace(std::move(keys));
  return signer;
}

Reply Signer::configure(ByteView config) {
  const Hash256 request_hash = sha256(config);
  if (config_given_) {
    return answer(no_id, request_hash,
                  refused("state-config-given", "config: a config was measured in this boot already"));
  }
  config_given_ = true;
  auto measured = measure_config(nsm_, config);
  if (!measured) return answer(no_id, request_hash, measured.error());
  config_.emplace(std::move(*measured));
  custody_.emplace(*keys_, *config_, nsm_, entropy_);
  if (const auto prepared = custody_->prepare(); !prepared)
    return answer(no_id, request_hash, prepared.error());
  json::ObjectWriter result;
  result.text("config_hash", encode_hex(config_->hash)).text("pcr16", encode_hex(config_->pcr16));
  return answer(no_id, request_hash, Progress(result.finish()));
}

Reply Signer::handle(Bytes body) {
  const Hash256 request_hash = sha256(body);
  auto request = wire::parse_rpc_request(body);
  body = Bytes();
  if (!request) return answer(no_id, request_hash, request.error());
  return answer(request->id, request_hash, dispatch(*request));
}

Result<Progress> Signer::dispatch(wire::RpcRequest& request) {
  const auto* method = std::ranges::find(methods, request.method, &Method::name);
  if (method == std::end(methods)) return malformed("rpc-method", "rpc: no such method");
  if (!custody_) return refused("state-no-config", "signer: the broker has not given a valid config yet");
  if (method->is_operation && open_)
    return unavailable("state-busy", "signer: another operation is under way: try again");
  return (this->*method->handler)(request.params);
}

Reply Signer::resume(wire::FrameType type, ByteView body) {
  if (!open_) return answer(no_id, sha256(body), refused("wire-order", "signer: no operation is under way"));
  const Open open = std::move(*open_);
  open_.reset();
  return answer(open.id, open.request_hash, go_on(open, type, body));
}

Result<Progress> Signer::go_on(const Open& open, wire::FrameType type, ByteView body) {
  const auto expected = open.persist_hash ? wire::FrameType::ack : wire::FrameType::kms_reply;
  if (type != expected) return refused("wire-order", "signer: a frame came that was not asked for");
  if (!open.persist_hash) return custody_->kms_replied(body);
  if (!equal(body, *open.persist_hash))
    return refused("wire-ack", "persist: the acknowledgement is of something else");
  return governance_.is_pending() ? governance_.stored() : custody_->stored();
}

void Signer::abandon() {
  open_.reset();
  governance_.abandon();
  if (custody_) custody_->abandon();
}

Reply Signer::refuse_busy(const Hash256& request_hash) {
  return answer(no_id, request_hash,
                unavailable("rpc-busy", "signer: too many bytes of requests at once: try again"));
}

Reply Signer::answer(std::string_view id, const Hash256& request_hash, Result<Progress> progress) {
  if (auto* const question = progress ? std::get_if<Question>(&*progress) : nullptr) {
    open_ = Open{.id = std::string(id), .request_hash = request_hash, .persist_hash = {}};
    if (question->type == wire::FrameType::persist) open_->persist_hash = sha256(question->body);
    return std::move(*question);
  }
  // An operation that failed leaves nothing behind; one of another connection goes on.
  if (!progress && !open_) abandon();
  auto outcome =
      progress ? Result<std::string>(std::get<ResultJson>(*std::move(progress))) : progress.error();
  const std::string body =
      wire::encode_rpc_answer(id, std::move(outcome), request_hash, keys_->boot_id, keys_->response_key);
  return Reply{.type = wire::FrameType::response, .body = to_bytes(as_bytes(body))};
}

std::string Signer::statement() const {
  const ActivePolicy* active = governance_.active();
  const auto wallet_id = custody_->wallet_id();
  return json::ObjectWriter()
      .integer("protocol", wire::protocol_version)
      .text("version", wire::program_version)
      .text("boot_id", encode_hex(keys_->boot_id))
      .text("network", bitcoin::parameters_of(config_->config.network).name)
      .text("response_key", encode_hex(keys_->response_key.public_key()))
      .null("hpke_key")
      .text_or_null("wallet_id", wallet_id ? encode_hex(*wallet_id) : "")
      .text_or_null("origin", custody_->origin())
      .text("config_hash", encode_hex(config_->hash))
      .text_or_null("policy_hash", active == nullptr ? "" : encode_hex(active->hash))
      .integer("policy_epoch", active == nullptr ? 0 : active->policy.epoch)
      .text("state", custody_->state())
      .integer("state_seq", 0)
      .null("log")
      .text("rng", rng_)
      .finish();
}

}  // namespace ben::signer
