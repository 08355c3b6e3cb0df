// Genesis, unseal and certificate: the life of a wallet, and every way a hostile parent may try to get in
// between.
#include <array>
#include <set>

#include "enclave/signer/flips.hpp"
#include "enclave/signer/node_fixture.hpp"

namespace ben::test {
namespace {

TEST_CASE("the config is measured into PCR16 before anything else and only once") {
  Node node;
  REQUIRE(node.configured.tag() == "");
  const Hash384 config_digest = sha384({as_bytes(node.config())});
  CHECK(node.configured.text("pcr16") == encode_hex(sha384({Hash384{}, config_digest})));
  CHECK(node.configured.text("config_hash") == node.config_hash());
  const std::string again = node.config();
  CHECK(node.parse(node.machine().configure(as_bytes(again)), as_bytes(again)).tag() == "state-config-given");
}

TEST_CASE("a config of another form, or for real coins, leaves the node without methods") {
  for (const char* tag : {"config-form", "mainnet-needs-custody"}) {
    Node node;
    std::string config = node.config();
    const std::string to = std::string_view(tag) == "config-form" ? "\"regtest2\"" : "\"main\"";
    config.replace(config.find("\"regtest\""), 9, to);
    node.boot_with(config);
    CHECK(node.configured.tag() == tag);
    CHECK(node.call("get_info").tag() == "state-no-config");
    CHECK(node.parse(node.machine().configure(as_bytes(config)), as_bytes(config)).tag() ==
          "state-config-given");
  }
}

TEST_CASE("a wallet is made, certified, lost and brought back by KMS, and is the same") {
  Node node;
  CHECK(node.call("get_info").text("state") == "EMPTY");
  CHECK(node.call("get_descriptors").tag() == "state-empty");
  const Answer made = node.genesis();
  REQUIRE(made.tag() == "");
  CHECK(node.kms_calls == 1);
  CHECK(node.persists == 1);
  CHECK(made.text("sealed_seed") == encode_base64(node.sealed_seed));
  CHECK(node.certificate.empty());
  CHECK(node.call("get_info").text("state") == "LOCKED");
  CHECK(node.call("get_descriptors").tag() == "state-locked");
  CHECK(node.call("get_address", R"({"account":"bip84/0","branch":0,"index":0})").tag() == "state-locked");

  REQUIRE(node.certify(made.text("wallet_id")).tag() == "");
  CHECK(node.call("get_info").text("state") == "ARMED");
  CHECK(node.call("get_info").text("origin") == "generated");
  const std::string descriptors = node.call("get_descriptors").json;
  const std::string address =
      node.call("get_address", R"({"account":"bip86/0","branch":0,"index":3})").text("address");
  CHECK(address.starts_with("bcrt1p"));

  node.boot();
  CHECK(node.call("get_info").text("state") == "EMPTY");
  REQUIRE(node.unseal_stored().tag() == "");
  CHECK(node.call("get_info").text("state") == "ARMED");
  CHECK(node.call("get_info").text("wallet_id") == made.text("wallet_id"));
  CHECK(node.call("get_descriptors").json == descriptors);
  CHECK(node.call("get_address", R"({"account":"bip86/0","branch":0,"index":3})").text("address") == address);
}

TEST_CASE("without KMS a wallet lives until the enclave stops") {
  Node node(false);
  const Answer made = node.genesis();
  REQUIRE(made.tag() == "");
  CHECK(node.kms_calls == 0);
  CHECK(node.persists == 0);
  REQUIRE(node.certify(made.text("wallet_id")).tag() == "");
  CHECK(node.call("get_info").text("state") == "ARMED");
  node.boot();
  CHECK(node.call("get_info").text("state") == "EMPTY");
  CHECK(node.unseal(Bytes(680, 1), "null").tag() == "seal-config");
}

TEST_CASE("genesis takes m admins, this boot, this config and a time that has not passed") {
  Node node;
  const std::string boot = node.boot_id();
  const std::string hash = node.config_hash();
  const auto tag = [&](const std::string& payload, std::initializer_list<const Ed25519Key*> keys) {
    return node.call("genesis", Node::genesis_params(payload, keys)).tag();
  };
  CHECK(tag(node.genesis_payload(boot, hash), {&node.alice}) == "auth-threshold");
  CHECK(tag(node.genesis_payload(boot, hash), {&node.alice, &node.alice}) == "auth-duplicate");
  CHECK(tag(node.genesis_payload(boot, hash), {&node.alice, &node.mallory}) == "auth-key");
  CHECK(tag(node.genesis_payload(std::string(32, '0'), hash), {&node.alice, &node.bob}) == "auth-boot");
  CHECK(tag(node.genesis_payload(boot, std::string(64, '0')), {&node.alice, &node.bob}) == "auth-config");
  const std::string old = node.genesis_payload(boot, hash);
  node.now_ms += 60'000;
  CHECK(tag(old, {&node.alice, &node.bob}) == "auth-expired");
  const std::string far = [&] {
    node.now_ms += 24 * 3'600'000;
    const std::string payload = node.genesis_payload(boot, hash);
    node.now_ms -= 24 * 3'600'000;
    return payload;
  }();
  CHECK(tag(far, {&node.alice, &node.bob}) == "auth-expiry");
  CHECK(node.call("get_info").text("state") == "EMPTY");
  CHECK(node.persists == 0);
  CHECK(tag(node.genesis_payload(boot, hash), {&node.carol, &node.alice}) == "");
}

TEST_CASE("the same genesis again gives the same answer, another one is refused") {
  Node node;
  const std::string params = Node::genesis_params(node.genesis_payload(node.boot_id(), node.config_hash()),
                                                  {&node.alice, &node.bob});
  const Answer first = node.call("genesis", params);
  REQUIRE(first.tag() == "");
  CHECK(node.call("genesis", params).json == first.json);
  CHECK(node.kms_calls == 1);
  CHECK(node.genesis().tag() == "state-not-empty");
}

TEST_CASE("a genesis replayed in a later boot is refused") {
  Node node;
  const std::string envelope =
      sign_envelope(wire::request_payload_type, node.genesis_payload(node.boot_id(), node.config_hash()),
                    {&node.alice, &node.bob});
  const std::string params = R"({"request":)" + envelope + "}";
  REQUIRE(node.call("genesis", params).tag() == "");
  node.boot();
  // Naive: who looks at signatures alone would make another seed.
  const auto parsed = wire::parse_envelope(*json::parse(as_bytes(envelope)));
  REQUIRE(parsed.has_value());
  const std::array admins{node.alice.public_key(), node.bob.public_key()};
  CHECK(wire::verify_envelope(*parsed, wire::request_payload_type, admins, 2).has_value());
  // Ours.
  CHECK(node.call("genesis", params).tag() == "auth-boot");
}

TEST_CASE("an NSM that repeats its random bytes stops genesis") {
  class StuckNsm final : public NsmTransport {
   public:
    explicit StuckNsm(NsmTransport& inner) : inner_(inner) {}
    Result<std::size_t> exchange(ByteView request, std::span<std::uint8_t> reply) override {
      if (as_text(request).find("GetRandom") == std::string_view::npos)
        return inner_.exchange(request, reply);
      if (first_.empty()) {
        const auto size = inner_.exchange(request, reply);
        first_.assign(reply.begin(), reply.begin() + static_cast<std::ptrdiff_t>(*size));
      }
      std::copy(first_.begin(), first_.end(), reply.begin());
      return first_.size();
    }

   private:
    NsmTransport& inner_;
    Bytes first_;
  };
  const auto pki = emulator::TestPki::make();
  emulator::SoftwareNsm genuine(pki, {});
  StuckNsm stuck(genuine);
  const auto started = signer::Signer::start(stuck, "test-rng");
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().tag.view() == "nsm-random-repeats");
}

TEST_CASE("each genesis makes another seed") {
  std::set<std::string> wallets;
  Node node;
  for (int i = 0; i < 20; ++i) {
    node.boot();
    wallets.insert(node.genesis().text("wallet_id"));
  }
  CHECK(wallets.size() == 20);
}

TEST_CASE("genesis fails, and the node stays empty, unless KMS opens the fresh blob in the same boot") {
  Node node;
  struct Case {
    const char* tag;
    std::function<Bytes(ByteView)> kms;
  };
  const Case cases[] = {
      {"kms-unavailable", [](ByteView) { return Bytes{1}; }},
      {"kms-refused", [](ByteView) { return Bytes{2}; }},
      {"wire-kms", [](ByteView) { return Bytes{9}; }},
      {"seal-open", [](ByteView) { return Bytes{0, 1, 2, 3}; }},
      {"seal-open", [](ByteView body) {  // forged: the parent encrypts a data key of its own
         return wire::encode_kms_reply(
             {.outcome = wire::KmsOutcome::answered,
              .cms = Node::cms_for(wire::parse_kms_decrypt(body)->document, Bytes(68, 7))});
       }}};
  for (const Case& c : cases) {
    CAPTURE(c.tag);
    node.ask_kms = c.kms;
    CHECK(node.genesis().tag() == c.tag);
    CHECK(node.call("get_info").text("state") == "EMPTY");
    CHECK(node.persists == 0);
  }
  node.ask_kms = [&](ByteView body) { return node.honest_kms(body); };
  CHECK(node.genesis().tag() == "");
}

TEST_CASE("the parent's own seed, sealed with the honest KMS key, never gives an address") {
  Node node;
  // All that sealing needs is public: image, config and KMS key. So the parent can seal a seed it knows.
  CountingRandom random;
  const WalletSeed known = wallet_seed();
  const std::vector<bitcoin::AccountId> accounts{{bitcoin::Purpose::p2wpkh, 0}, {bitcoin::Purpose::p2tr, 0}};
  const bitcoin::Curve curve(known);
  const auto wallet = bitcoin::Wallet::derive(curve, known, bitcoin::Network::regtest, accounts);
  REQUIRE(wallet.has_value());
  const SealedSeedHeader header{.wallet_id = wallet->id(),
                                .config_hash = sha256(as_bytes(node.config())),
                                .image = {Hash384{1}, Hash384{2}, Hash384{3}}};
  const Bytes blob = *seal_seed(known, header, kms_key().public_key(), random.draw());

  // KMS opens it, as it is well formed; but no admin certified that wallet.
  REQUIRE(node.unseal(blob, "null").tag() == "");
  CHECK(node.call("get_info").text("state") == "LOCKED");
  CHECK(node.call("get_address", R"({"account":"bip84/0","branch":0,"index":0})").tag() == "state-locked");
  CHECK(node.call("get_descriptors").tag() == "state-locked");
  CHECK(node.call("get_public_key", R"({"account":"bip84/0","branch":0,"index":0})").tag() == "state-locked");

  // With the certificate of the genuine wallet it is refused as well.
  Node genuine;
  genuine.arm();
  node.boot();
  CHECK(node.unseal(blob, genuine.certificate).tag() == "seal-wallet");
  CHECK(node.call("get_info").text("state") == "EMPTY");
}

TEST_CASE("a genuine blob of another wallet or config opens where nothing is compared, and not here") {
  Node node;
  node.arm();
  Node other;
  other.arm();
  // Naive: what the honest KMS answers opens each, whoever asks and under whatever config.
  for (const Bytes& blob : {node.sealed_seed, other.sealed_seed}) {
    const auto sealed = parse_sealed_seed(blob);
    REQUIRE(sealed.has_value());
    CHECK(open_sealed_seed(*sealed, to_payload(kms_key().decrypt(sealed->wrapped_data_key))).has_value());
  }
  // Ours: the wallet has to be the certificate's, the config that of this boot.
  node.boot();
  CHECK(node.unseal(other.sealed_seed, node.certificate).tag() == "seal-wallet");
  CHECK(node.call("get_info").text("state") == "EMPTY");
  node.boot_with(node.config() + " ");
  CHECK(node.unseal_stored().tag() == "seal-config");
  CHECK(node.call("get_info").text("state") == "EMPTY");
  node.boot();
  CHECK(node.unseal_stored().tag() == "");
}

TEST_CASE("while the blob is withheld admins can make a second wallet, which is not the first") {
  Node node;
  node.arm();
  const std::string first = node.wallet_id;
  // An empty node cannot know that it had a wallet: what the host withholds is known to clients, who pin it.
  node.boot();
  CHECK(node.call("get_info").text("state") == "EMPTY");
  const Answer second = node.genesis();
  REQUIRE(second.tag() == "");
  CHECK(second.text("wallet_id") != first);
  // The first one's certificate does not fit it.
  CHECK(node.call("certify_wallet",
                  R"({"certificate":)" + node.certificate_for(first, node.config_hash()) + "}")
            .tag() == "seal-wallet");
}

TEST_CASE("a blob of another config, image, wallet or certificate does not open") {
  Node node;
  node.arm();
  const Bytes blob = node.sealed_seed;
  const auto tag_with = [&](std::size_t offset) {
    Bytes changed = blob;
    changed[offset] ^= 1U;
    node.boot();
    return node.unseal(changed, node.certificate).tag();
  };
  CHECK(tag_with(0) == "seal-form");
  CHECK(tag_with(6) == "seal-wallet");   // wallet_id: not the certificate's
  CHECK(tag_with(38) == "seal-config");  // config_hash
  CHECK(tag_with(70) == "seal-image");   // PCR0
  CHECK(tag_with(118) == "seal-image");  // PCR1
  CHECK(tag_with(166) == "seal-image");  // PCR2
  CHECK(tag_with(600) == "seal-open");   // salt
  CHECK(tag_with(640) == "seal-open");   // ciphertext
  CHECK(tag_with(blob.size() - 1) == "seal-open");

  node.boot();
  Node other;
  other.arm();
  CHECK(node.unseal(blob, other.certificate).tag() == "seal-wallet");
  const std::string foreign = sign_envelope(wire::wallet_payload_type, "{}", {&node.mallory, &node.alice});
  CHECK(node.unseal(blob, foreign).tag() == "auth-key");
  CHECK(node.unseal(blob, node.certificate_for(node.wallet_id, std::string(64, 'a'))).tag() ==
        "seal-certificate");
  CHECK(node.unseal(blob, node.certificate).tag() == "");
}

TEST_CASE("a certificate of another wallet, by too few or for another config arms nothing") {
  Node node;
  const std::string wallet = node.genesis().text("wallet_id");
  CHECK(node.certify(std::string(64, 'a')).tag() == "seal-wallet");
  const std::string payload = R"({"wallet_id":")" + wallet + "\"}";
  const auto with = [&](const std::string& envelope) {
    return node.call("certify_wallet", R"({"certificate":)" + envelope + "}").tag();
  };
  CHECK(with(sign_envelope(wire::wallet_payload_type, payload, {&node.alice})) == "auth-threshold");
  CHECK(with(sign_envelope(wire::wallet_payload_type, payload, {&node.alice, &node.bob})) ==
        "seal-certificate");
  CHECK(with(sign_envelope(wire::policy_payload_type, payload, {&node.alice, &node.bob})) == "auth-type");
  CHECK(with("null") == "auth-envelope");
  CHECK(node.call("get_info").text("state") == "LOCKED");
  CHECK(node.certify(wallet).tag() == "");
  CHECK(node.certify(wallet).tag() == "");  // again: nothing changes
}

TEST_CASE("no bit of a certificate can flip") {
  Node node;
  const Answer made = node.genesis();
  REQUIRE(made.tag() == "");
  check_flips_are_refused(node.certificate_for(made.text("wallet_id"), node.config_hash()),
                          [&](const std::string& envelope) {
                            return node.call("certify_wallet", R"({"certificate":)" + envelope + "}").tag();
                          });
}

TEST_CASE("mutated replies of KMS all get the same bytes as answer, and eight in a boot are the most") {
  Node node;
  node.arm();
  std::set<std::string> answers;
  int tried = 0;
  for (int boot = 0; boot < 3; ++boot) {
    node.boot();
    for (int i = 0; i < signer::failed_replies_max; ++i) {
      node.ask_kms = [&](ByteView body) {
        Bytes reply = node.honest_kms(body);
        const std::size_t at = 60 + static_cast<std::size_t>(tried) * 37 % (reply.size() - 60);
        reply[at] ^= static_cast<std::uint8_t>(1U << (static_cast<unsigned>(tried) % 8U));
        return reply;
      };
      ++tried;
      const Answer answer = node.unseal_stored();
      CHECK(answer.tag() == "seal-open");
      answers.insert(answer.json);
    }
    CHECK(node.unseal_stored().tag() == "kms-attempts");
  }
  CHECK(answers.size() == 1);
}

TEST_CASE("a KMS that is down costs no attempt, and the node recovers by itself") {
  Node node;
  node.arm();
  node.boot();
  node.ask_kms = [](ByteView) { return Bytes{1}; };
  for (int i = 0; i < 3 * signer::failed_replies_max; ++i)
    CHECK(node.unseal_stored().tag() == "kms-unavailable");
  node.ask_kms = [&](ByteView body) { return node.honest_kms(body); };
  CHECK(node.unseal_stored().tag() == "");
}

TEST_CASE("each question to KMS after an answer has a fresh RSA key") {
  Node node;
  node.arm();
  node.boot();
  std::set<std::string> keys;
  node.ask_kms = [&](ByteView body) {
    keys.insert(encode_hex(Node::spki_in(wire::parse_kms_decrypt(body)->document)));
    return Bytes{0, 1};
  };
  for (int i = 0; i < 4; ++i) CHECK(node.unseal_stored().tag() == "seal-open");
  CHECK(keys.size() == 4);
}

TEST_CASE("an operation that is abandoned, or acknowledged wrongly, leaves nothing") {
  Node node;
  const std::string boot = node.boot_id();
  const std::string request =
      R"({"jsonrpc":"2.0","id":1,"method":"genesis","params":)" +
      Node::genesis_params(node.genesis_payload(boot, node.config_hash()), {&node.alice, &node.bob}) + "}";
  const auto question = node.machine().handle(to_bytes(as_bytes(request)));
  REQUIRE(question.type == wire::FrameType::kms_decrypt);
  CHECK(node.call("unseal", R"({"sealed_seed":"AAAA","certificate":null})").tag() == "state-busy");
  CHECK(node.call("get_info").text("state") == "EMPTY");
  node.machine().abandon();
  CHECK(node.call("get_info").text("state") == "EMPTY");

  auto again = node.machine().handle(to_bytes(as_bytes(request)));
  REQUIRE(again.type == wire::FrameType::kms_decrypt);
  const auto persist = node.machine().resume(wire::FrameType::kms_reply, node.honest_kms(again.body));
  REQUIRE(persist.type == wire::FrameType::persist);
  const auto refused = node.machine().resume(wire::FrameType::ack, Bytes(32, 1));
  CHECK(node.parse(refused, as_bytes(request)).tag() == "wire-ack");
  CHECK(node.call("get_info").text("state") == "EMPTY");

  again = node.machine().handle(to_bytes(as_bytes(request)));
  const auto disorder = node.machine().resume(wire::FrameType::ack, Bytes(32, 1));
  CHECK(node.parse(disorder, as_bytes(request)).tag() == "wire-order");
  CHECK(node.call("get_info").text("state") == "EMPTY");
}

}  // namespace
}  // namespace ben::test
