// Signer: the enclave's whole behaviour as a pure machine. Frames in, frames out; the server moves the bytes.
#pragma once

#include "signer/authorization.hpp"
#include "signer/custody.hpp"
#include "signer/governance.hpp"

namespace ben::signer {

// After a Reply that is a question the caller owes resume() or abandon().
class Signer {
 public:
  // `nsm` has to outlive the signer. `rng`: the name of the kernel's random source, as the platform reports
  // it. Fails with nsm-… when the boot keys cannot be made.
  static Result<std::unique_ptr<Signer>> start(NsmTransport& nsm, std::string rng);

  // The CONFIG frame, once a boot.
  Reply configure(ByteView config);

  // A REQUEST frame. Its bytes are let go as soon as they are read.
  Reply handle(Bytes request);

  // An ACK or KMS_REPLY frame for the operation under way.
  Reply resume(wire::FrameType type, ByteView body);

  // The connection of the operation is gone, or it took too long: nothing of it remains.
  void abandon();

  // A request that was not kept in memory, as too much is there already.
  Reply refuse_busy(const Hash256& request_hash);

  // The decisions that follow share one time.
  void begin_group() { clock_.begin_group(); }

 private:
  Signer(NsmTransport& nsm, std::string rng);

  using Handler = Result<Progress> (Signer::*)(json::Value& params);
  struct Method {
    std::string_view name;
    Handler handler;
    bool is_operation;  // may ask the broker in between
  };
  static const Method methods[];

  Result<Progress> dispatch(wire::RpcRequest& request);
  Result<Progress> get_info(json::Value& params);
  Result<Progress> get_attestation(json::Value& params);
  Result<Progress> get_public_key(json::Value& params);
  Result<Progress> get_address(json::Value& params);
  Result<Progress> get_descriptors(json::Value& params);
  Result<Progress> get_policy(json::Value& params);
  Result<Progress> genesis(json::Value& params);
  Result<Progress> certify_wallet(json::Value& params);
  Result<Progress> unseal(json::Value& params);
  Result<Progress> set_policy(json::Value& params);
  Result<Progress> sign_transaction(json::Value& params);
  Result<Progress> evaluate_transaction(json::Value& params);

  // What get_public_key and get_address name: {"account","branch","index"}.
  struct NamedKey {
    const bitcoin::Account* account;
    bitcoin::DerivedScript derived;
    std::string path;
  };
  Result<NamedKey> named_key(const json::Value& params) const;

  // What the policy in force says of a transaction: the place of the rule that allows it, or why none does.
  struct Decision {
    std::optional<bitcoin::Review> review;  // nothing: a hard rule refused before it ended
    Result<std::size_t> rule;
  };
  Result<Decision> decide(json::Value& params, std::string_view method);

  Result<const bitcoin::Wallet*> armed_wallet() const;
  // What this signer says of itself: the boot statement. Docs: docs/protocol.md section 6.
  [[nodiscard]] std::string statement() const;
  [[nodiscard]] Reply answer(std::string_view id, const Hash256& request_hash, Result<Progress> progress);

  // The request that an operation will answer, and what the broker was asked.
  struct Open {
    std::string id;
    Hash256 request_hash;
    std::optional<Hash256> persist_hash;  // what its ACK has to be; nothing: KMS was asked
  };
  Result<Progress> go_on(const Open& open, wire::FrameType type, ByteView body);

  NsmClient nsm_;
  std::string rng_;
  Entropy entropy_;
  TrustedClock clock_;
  RequestLedger ledger_;
  std::optional<BootKeys> keys_;  // there once start() succeeded
  bool config_given_ = false;
  std::optional<MeasuredConfig> config_;
  std::optional<Custody> custody_;  // there with the config
  Governance governance_;
  std::optional<Open> open_;
};

}  // namespace ben::signer
