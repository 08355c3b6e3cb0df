#include "wire/rpc.hpp"

#include "base/writer.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace ben::wire {
namespace {

int code_of(const Error& error) {
  // The first prefix of the tag that fits decides.
  static constexpr std::pair<std::string_view, int> codes[] = {
      {"rpc-parse", -32700},  {"rpc-request", -32600}, {"rpc-method", -32601},
      {"rpc-busy", -32030},   {"state-busy", -32030},  {"auth-full", -32030},
      {"auth-expir", -32012}, {"auth-replay", -32012}, {"auth-", -32010},
      {"policy-", -32013},    {"psbt-", -32015},       {"mainnet-needs-custody", -32020},
      {"state-", -32020},     {"seal-", -32021},       {"kms-", -32021},
      {"nsm-", -32024},
  };
  if (error.code == ErrorCode::internal) return -32603;
  for (const auto& [prefix, code] : codes) {
    if (error.tag.view().starts_with(prefix)) return code;
  }
  return -32602;
}

std::string encode_error(const Error& error) {
  std::string message(error.reason.view());
  if (!error.detail.view().empty()) message.append(": ").append(error.detail.view());
  return json::ObjectWriter()
      .integer("code", code_of(error))
      .text("message", message)
      .raw("data", json::ObjectWriter().text("tag", error.tag.view()).finish())
      .finish();
}

}  // namespace

Result<RpcRequest> parse_rpc_request(ByteView body) {
  BEN_TRY(auto value, json::parse(body, "rpc-parse"));
  json::ObjectReader reader(value);
  if (reader.text("jsonrpc", 3) != "2.0") reader.fail("jsonrpc");
  const json::Value& id = reader.value("id");
  const bool is_short_text = id.text() != nullptr && id.text()->size() <= id_bytes_max;
  if (id.integer() == nullptr && !is_short_text) reader.fail("id");
  const std::string_view method = reader.text("method", 64);
  const bool has_params = reader.has("params");
  if (has_params && reader.value("params").object() == nullptr) reader.fail("params");
  constexpr StaticText want = "rpc: not a JSON-RPC 2.0 request with jsonrpc, id, method and params";
  BEN_TRY(reader.finish("rpc-request", want));
  return RpcRequest{.id = is_short_text ? json::quote(*id.text()) : std::to_string(*id.integer()),
                    .method = std::string(method),
                    .params = has_params ? value.take_member("params") : json::Value(json::Object())};
}

Result<SignedRequest> parse_signed_request(ByteView payload) {
  BEN_TRY(const auto value, json::parse(payload, "auth-request"));
  json::ObjectReader reader(value);
  SignedRequest request{};
  request.method = reader.text("method", 32);
  request.request_id = reader.hex<16>("request_id");
  request.expires_at_ms = reader.integer("expires_at", 1, INT64_MAX);
  request.policy_epoch = reader.integer("policy_epoch", 0, INT64_MAX);
  json::ObjectReader params(reader.value("params"));
  if (request.method == "genesis") {
    if (!reader.value("wallet_id").is_null()) reader.fail("wallet_id");
    if (request.policy_epoch != 0) reader.fail("policy_epoch");
    request.boot_id = reader.hex<16>("boot_id");
    request.config_hash = params.hex<32>("config_hash");
    for (const json::Value& item : params.array("entropy", 16)) {
      auto bytes = parse_hex(item.text_or_empty());
      if (!bytes || bytes->size() < 32 || bytes->size() > 64) params.fail("entropy");
      if (bytes) request.entropy.push_back(std::move(*bytes));
    }
  } else {
    if (request.method != "sign_transaction" && request.method != "evaluate_transaction")
      reader.fail("method");
    request.wallet_id = reader.hex<32>("wallet_id");
    request.psbt_sha256 = params.hex<32>("psbt_sha256");
  }
  constexpr StaticText bad_request = "request: the payload is not a request with exactly its method's fields";
  BEN_TRY(reader.finish("auth-request", bad_request));
  BEN_TRY(params.finish("auth-request", bad_request));
  return request;
}

Bytes proof_message(const BootId& boot_id, const Hash256& request_hash, ByteView outcome,
                    const Hash256& log_root) {
  Writer writer;
  writer.text("ben/rsp/v1").bytes(boot_id).bytes(request_hash);
  return writer.bytes(sha256(outcome)).bytes(log_root).take();
}

std::string encode_rpc_answer(std::string_view id, Result<std::string> outcome, const Hash256& request_hash,
                              const BootId& boot_id, const Ed25519Key& key) {
  constexpr Hash256 no_log_root{};  // until the decision log exists
  const bool is_result = outcome.has_value();
  const std::string json = is_result ? *std::move(outcome) : encode_error(outcome.error());
  const auto signature = key.sign(proof_message(boot_id, request_hash, as_bytes(json), no_log_root));
  json::ObjectWriter proof;
  proof.text("boot_id", encode_hex(boot_id)).text("log_root", encode_hex(no_log_root));
  proof.text("signature", encode_hex(signature));
  json::ObjectWriter answer;
  answer.text("jsonrpc", "2.0").raw("id", id).raw(is_result ? "result" : "error", json);
  return answer.raw("proof", proof.finish()).finish();
}

Bytes boot_user_data(std::string_view statement) {
  return Writer().text("ben/boot/v1").bytes(sha256(as_bytes(statement))).take();
}

}  // namespace ben::wire
