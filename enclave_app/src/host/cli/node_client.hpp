// NodeClient: talks to a node whose evidence was judged first, and hands out only what its signer has proved.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/profile.hpp"
#include "cli/request.hpp"
#include "cli/transport.hpp"
#include "json/reader.hpp"
#include "verify/judgement.hpp"

namespace ben::cli {

// Evidence as a node gave it, and the call it answers, whose proof waits for the statement to be judged.
struct FetchedEvidence {
  verify::Evidence evidence;
  RpcCall call;
  std::string answer;
};

// Asks get_attestation with this nonce. Stops: http-…, node-…, answer-form, or the tag of the node's error,
// which nothing vouches for yet.
FetchedEvidence fetch_evidence(Transport& transport, ByteView nonce);

// Proves that the signer of the judged statement gave that answer. Stops: answer-….
void prove_evidence(const FetchedEvidence& fetched, const verify::Statement& statement);

// What the profile says must be true.
[[nodiscard]] verify::Pins pins_of(const Profile& profile);

// What a signer has answered.
struct SignerAnswer {
  std::string text;  // the whole answer, with its proof
  std::string json;  // the result's exact bytes
  json::Value value;
};

class NodeClient {
 public:
  // Fetches evidence with a fresh nonce and judges it now. Stops with the tag of the first check that says
  // no. `transport` has to outlive the client.
  static NodeClient connect(Transport& transport, const verify::Pins& pins,
                            const verify::Waivers& waivers = {});

  [[nodiscard]] const verify::Statement& statement() const noexcept { return statement_; }
  [[nodiscard]] bool has_test_root() const noexcept { return test_root_; }

  // Time of the node's attestation document, in ms since 1970: what it judges expiry by.
  [[nodiscard]] std::uint64_t now_ms() const noexcept { return now_ms_; }

  // The proved result. Stops: answer-… (changed, or of another boot), the signer's own tag (origin signer),
  // broker-… (origin broker), http-….
  SignerAnswer call(std::string_view method, std::string_view params_json);
  SignerAnswer send(const RpcCall& call);

 private:
  NodeClient(Transport& transport, verify::Statement statement, const verify::Judgement& judgement);

  Transport* transport_;
  verify::Statement statement_;
  std::uint64_t now_ms_;
  bool test_root_;
};

}  // namespace ben::cli
