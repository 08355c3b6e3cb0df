// A whole signer over the software NSM, with the other side played by the test: broker, KMS, admins,
// requester.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "enclave/sealing/sealing_fixture.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "kms/envelope.hpp"
#include "nsm/software_nsm.hpp"
#include "relay/operation.hpp"
#include "signer/signer.hpp"

namespace ben::test {

inline Ed25519Key operator_key(std::uint8_t fill) {
  ByteArray<32> seed{};
  seed.fill(fill);
  return Ed25519Key(Secret<32>(seed));
}

inline std::string sign_envelope(std::string_view type, std::string_view payload,
                                 std::initializer_list<const Ed25519Key*> keys) {
  wire::Envelope envelope{
      .payload_type = std::string(type), .payload = to_bytes(as_bytes(payload)), .signatures = {}};
  for (const Ed25519Key* key : keys) {
    envelope.signatures.push_back(
        {.key_id = wire::key_id(key->public_key()),
         .signature = key->sign(wire::pre_authentication_encoding(type, envelope.payload))});
  }
  return wire::encode_envelope(envelope);
}

inline std::string text_member(const std::string& object, std::string_view key) {
  const auto value = json::parse(as_bytes(object));
  REQUIRE(value.has_value());
  for (const auto& [name, member] : *value->object()) {
    if (name == key) return member.text() == nullptr ? "" : *member.text();
  }
  return "";
}

// One answer of the signer, its proof checked.
struct Answer {
  std::string json;  // result or error object
  bool is_error;

  [[nodiscard]] std::string tag() const {
    if (!is_error) return "";
    const auto value = json::parse(as_bytes(json));
    for (const auto& [name, member] : *value->object()) {
      if (name == "data") return *(*member.object())[0].second.text();
    }
    return "";
  }
  [[nodiscard]] std::string text(std::string_view key) const { return text_member(json, key); }
};

class Node {
 public:
  explicit Node(bool with_kms = true) : with_kms_(with_kms) { boot(); }

  // A fresh enclave of the same image, with the same config.
  void boot() { boot_with(config()); }

  void boot_with(const std::string& config_text) {
    nsm_ = std::make_unique<emulator::SoftwareNsm>(pki_, facts(), [this] { return now_ms; });
    auto started = signer::Signer::start(*nsm_, "test-rng");
    REQUIRE(started.has_value());
    signer_ = std::move(*started);
    response_key.reset();
    configured = parse(signer_->configure(as_bytes(config_text)), as_bytes(config_text));
  }

  [[nodiscard]] std::string config() const {
    const std::string kms =
        with_kms_ ? R"({"key_arn":"arn:aws:kms:us-east-1:000000000000:key/test","public_key":")" +
                        encode_base64(kms_key().spki()) + "\"}"
                  : "null";
    return R"({"version":1,"network":"regtest","kms":)" + kms + R"(,"admins":{"threshold":2,"keys":[")" +
           encode_hex(alice.public_key()) + "\",\"" + encode_hex(bob.public_key()) + "\",\"" +
           encode_hex(carol.public_key()) +
           R"("]},"accounts":[{"purpose":84,"account":0},{"purpose":86,"account":0}],"arming":"automatic","floors":{"policy_epoch":1}})";
  }
  [[nodiscard]] std::string config_hash() const { return encode_hex(sha256(as_bytes(config()))); }

  // Sends a request and plays broker and KMS until the answer comes.
  Answer call(std::string_view method, const std::string& params = "{}") {
    const std::string request =
        R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" + params + "}";
    signer_->begin_group();
    return parse(play(signer_->handle(to_bytes(as_bytes(request)))), as_bytes(request));
  }

  signer::Reply play(signer::Reply reply) {
    for (;;) {
      if (reply.type == wire::FrameType::persist) {
        store(reply.body);
        const Hash256 ack = sha256(reply.body);
        reply = signer_->resume(wire::FrameType::ack, ack);
      } else if (reply.type == wire::FrameType::kms_decrypt) {
        ++kms_calls;
        reply = signer_->resume(wire::FrameType::kms_reply, ask_kms(reply.body));
      } else {
        return reply;
      }
    }
  }

  Answer parse(const signer::Reply& reply, ByteView request) {
    REQUIRE(reply.type == wire::FrameType::response);
    const std::string text(as_text(reply.body));
    REQUIRE(text.size() > wire::proof_text_bytes);
    const std::string tail = text.substr(text.size() - wire::proof_text_bytes);
    const auto colon = text.find(':', text.find("\"id\":") + 5);
    const std::string outcome = text.substr(colon + 1, text.size() - wire::proof_text_bytes - colon - 1);
    const bool is_error = text.substr(colon - 7, 7) == "\"error\"";
    if (!response_key && !is_error && outcome.find("\"response_key\"") != std::string::npos) {
      response_key = *parse_hex_array<32>(text_member(outcome, "response_key"));
    }
    if (response_key) {
      const auto boot_id = *parse_hex_array<16>(tail.substr(21, 32));
      const auto signature = *parse_hex_array<64>(tail.substr(tail.size() - 131, 128));
      CHECK(ed25519_verify(*response_key,
                           wire::proof_message(boot_id, sha256(request), as_bytes(outcome), {}), signature));
    }
    return {.json = outcome, .is_error = is_error};
  }

  // What an honest KMS answers; tests put another in its place.
  Bytes honest_kms(ByteView body) const {
    const auto call = wire::parse_kms_decrypt(body);
    REQUIRE(call.has_value());
    return wire::encode_kms_reply({.outcome = wire::KmsOutcome::answered,
                                   .cms = cms_for(call->document, kms_key().decrypt(call->wrapped_key))});
  }
  // The data key encrypted to the RSA key of the document, as anybody can do who has the document.
  static Bytes cms_for(ByteView document, ByteView plaintext) {
    const auto spki = spki_in(document);
    return *emulator::make_envelope(spki, plaintext);
  }
  static Bytes spki_in(ByteView document) {
    // DER of an RSA-2048 SubjectPublicKeyInfo: 294 bytes that start so (RFC 8017 A.1).
    const Bytes head = *parse_hex("30820122300d06092a864886f70d01010105000382010f003082010a");
    for (std::size_t at = 0; at + 294 <= document.size(); ++at) {
      if (equal(document.subspan(at, head.size()), head)) return to_bytes(document.subspan(at, 294));
    }
    return {};
  }

  std::function<Bytes(ByteView)> ask_kms = [this](ByteView body) { return honest_kms(body); };

  void store(ByteView body) {
    const auto persist = wire::parse_persist(body);
    REQUIRE(persist.has_value());
    ++persists;
    if (persist->wallet) {
      sealed_seed = to_bytes(persist->wallet->sealed_seed);
      certificate = std::string(as_text(persist->wallet->certificate));
    } else {
      policy = std::string(as_text(*persist->policy));
    }
  }

  [[nodiscard]] std::string boot_id() { return call("get_info").text("boot_id"); }

  [[nodiscard]] std::string genesis_payload(const std::string& boot, const std::string& hash) {
    return R"({"wallet_id":null,"method":"genesis","params":{"config_hash":")" + hash +
           R"(","entropy":[]},"request_id":")" + next_request_id() + R"(","expires_at":)" +
           std::to_string(now_ms + 60'000) + R"(,"policy_epoch":0,"boot_id":")" + boot + R"("})";
  }
  Answer genesis() {
    return call("genesis", genesis_params(genesis_payload(boot_id(), config_hash()), {&alice, &bob}));
  }
  static std::string genesis_params(const std::string& payload,
                                    std::initializer_list<const Ed25519Key*> keys) {
    return R"({"request":)" + sign_envelope(wire::request_payload_type, payload, keys) + "}";
  }

  [[nodiscard]] std::string certificate_for(const std::string& wallet, const std::string& hash) const {
    const std::string payload =
        R"({"wallet_id":")" + wallet +
        R"(","network":"regtest","accounts":[{"purpose":84,"account":0},{"purpose":86,"account":0}],)"
        R"("origin":"generated","config_hash":")" +
        hash + "\"}";
    return sign_envelope(wire::wallet_payload_type, payload, {&alice, &bob});
  }
  Answer certify(const std::string& wallet) {
    return call("certify_wallet", R"({"certificate":)" + certificate_for(wallet, config_hash()) + "}");
  }
  Answer unseal(const Bytes& blob, const std::string& envelope) {
    return call("unseal",
                R"({"sealed_seed":")" + encode_base64(blob) + R"(","certificate":)" + envelope + "}");
  }
  Answer unseal_stored() { return unseal(sealed_seed, certificate); }

  // A node ready to sign.
  void arm() {
    const Answer made = genesis();
    REQUIRE(made.tag() == "");
    wallet_id = made.text("wallet_id");
    REQUIRE(certify(wallet_id).tag() == "");
  }

  [[nodiscard]] std::string policy_payload(std::int64_t epoch, const std::string& prev,
                                           const std::string& rules) const {
    return R"({"version":1,"network":"regtest","wallet_id":")" + wallet_id + R"(","epoch":)" +
           std::to_string(epoch) + R"(,"prev":)" + prev + R"(,"keys":{"desk":[")" +
           encode_hex(desk.public_key()) + R"("],"other":[")" + encode_hex(clerk.public_key()) +
           R"("]},"destinations":{},"rules":[)" + rules + R"(],"change":{"max_index":10000}})";
  }
  static std::string pay_rule(std::int64_t outflow) {
    return R"({"name":"pay","from":["desk"],"dest":["any"],"outflow_max_sats":)" + std::to_string(outflow) +
           R"(,"fee":{"max_sats":100000,"max_sats_per_vbyte":1000}})";
  }
  Answer set_policy(const std::string& payload) {
    return call("set_policy",
                R"({"policy":)" + sign_envelope(wire::policy_payload_type, payload, {&alice, &bob}) + "}");
  }

  [[nodiscard]] std::string next_request_id() {
    std::string id = std::to_string(++request_ids);
    return std::string(32 - id.size(), '0') + id;
  }

  signer::Signer& machine() { return *signer_; }

  // The root under which the module signs its documents.
  [[nodiscard]] const Bytes& root_certificate() const { return pki_.root_certificate(); }

  std::uint64_t now_ms = 1'790'000'000'000;
  Ed25519Key alice = operator_key(1);
  Ed25519Key bob = operator_key(2);
  Ed25519Key carol = operator_key(3);
  Ed25519Key desk = operator_key(4);
  Ed25519Key clerk = operator_key(5);
  Ed25519Key mallory = operator_key(6);
  Answer configured{};
  std::string wallet_id;
  Bytes sealed_seed;
  std::string certificate;
  std::string policy;
  int persists = 0;
  int kms_calls = 0;
  int request_ids = 0;
  std::optional<Ed25519PublicKey> response_key;

 private:
  bool with_kms_;
  emulator::TestPki pki_ = emulator::TestPki::make();
  static emulator::BootFacts facts() {
    emulator::BootFacts facts;
    facts.pcr0 = {1};
    facts.pcr1 = {2};
    facts.pcr2 = {3};
    return facts;
  }
  std::unique_ptr<emulator::SoftwareNsm> nsm_;
  std::unique_ptr<signer::Signer> signer_;
};

}  // namespace ben::test
