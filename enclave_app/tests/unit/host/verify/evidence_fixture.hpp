// Evidence of an enclave that a test describes: a software NSM's document about a statement of its own.
#pragma once

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "host/verify/statement_text.hpp"
#include "nsm/software_nsm.hpp"
#include "relay/certificate.hpp"
#include "verify/judgement.hpp"

namespace ben::test {

class EvidenceMaker {
 public:
  EvidenceMaker() { facts.pcr0 = {1}, facts.pcr1 = {2}, facts.pcr2 = {3}; }

  // A whole boot: the config is measured, PCRs are locked, and a document is asked for with `nonce`.
  [[nodiscard]] verify::Evidence make() const {
    emulator::SoftwareNsm module(pki, facts, [this] { return now_ms; });
    NsmClient nsm(module);
    if (!measured_config.empty()) {
      const Hash384 digest = sha384({as_bytes(measured_config)});
      REQUIRE(nsm.extend_pcr(16, digest).has_value());
      REQUIRE(nsm.lock_pcrs(32).has_value());
    }
    verify::Evidence evidence{.document = {}, .statement = encode_statement(statement)};
    const Bytes data = user_data.empty() ? wire::boot_user_data(evidence.statement) : user_data;
    const auto document = nsm.attestation({.user_data = data, .nonce = nonce, .public_key = std::nullopt});
    REQUIRE(document.has_value());
    evidence.document = *document;
    return evidence;
  }

  [[nodiscard]] wire::Envelope certificate(const Hash256& of_wallet) const {
    const std::string payload = policy::encode_certificate({.wallet_id = of_wallet,
                                                            .network = bitcoin::Network::regtest,
                                                            .accounts = {{bitcoin::Purpose::p2wpkh, 0}},
                                                            .origin = std::string(policy::origin_generated),
                                                            .config_hash = sha256(as_bytes(config))});
    wire::Envelope envelope{.payload_type = std::string(wire::wallet_payload_type),
                            .payload = to_bytes(as_bytes(payload)),
                            .signatures = {}};
    const Bytes message = wire::pre_authentication_encoding(envelope.payload_type, envelope.payload);
    envelope.signatures.push_back(
        {.key_id = wire::key_id(admin.public_key()), .signature = admin.sign(message)});
    return envelope;
  }

  // Everything pinned as it is.
  [[nodiscard]] verify::Pins pins() const {
    verify::Pins pins;
    pins.root = pki.root_certificate();
    pins.nonce = nonce;
    pins.measurements = verify::Measurements{.pcr0 = facts.pcr0, .pcr1 = facts.pcr1, .pcr2 = facts.pcr2};
    pins.config = config;
    pins.wallet_id = wallet_id;
    pins.certificate = certificate(wallet_id);
    pins.policy_epoch_min = 3;
    return pins;
  }

  [[nodiscard]] verify::JudgedAt now() const { return {.time_s = now_ms / 1000}; }

  emulator::TestPki pki = emulator::TestPki::make();
  emulator::BootFacts facts;
  std::uint64_t now_ms = 1'790'000'000'000;
  Ed25519Key admin{Secret<32>(ByteArray<32>{7})};
  std::string config = R"({"version":1,"network":"regtest","kms":null,"admins":{"threshold":1,"keys":[")" +
                       encode_hex(admin.public_key()) +
                       R"("]},"accounts":[{"purpose":84,"account":0}],"arming":"automatic",)"
                       R"("floors":{"policy_epoch":1}})";
  std::string measured_config = config;
  Hash256 wallet_id{0xaa};
  Bytes nonce = Bytes(32, 0x5a);
  Bytes user_data;  // empty: about the statement
  verify::Statement statement{.version = "0.1.0",
                              .boot_id = {1},
                              .network = "regtest",
                              .response_key = {2},
                              .wallet_id = wallet_id,
                              .origin = "generated",
                              .config_hash = sha256(as_bytes(config)),
                              .policy_hash = Hash256{9},
                              .policy_epoch = 3,
                              .state = verify::SignerState::armed,
                              .rng = "test-rng"};
};

}  // namespace ben::test
