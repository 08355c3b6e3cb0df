#include "wire/rpc.hpp"

#include "base/writer.hpp"
#include "json/object_reader.hpp"
#include "json/writer.hpp"

namespace ben::wire {
namespace {

constexpr Hash256 no_log_root{};  // until the decision log exists

struct CodeOfTag {
  std::string_view prefix;
  int code;
};

// The first prefix that fits decides.
constexpr CodeOfTag codes[] = {
    {"rpc-parse", -32700},  {"rpc-request", -32600}, {"rpc-method", -32601},
    {"rpc-busy", -32030},   {"state-busy", -32030},  {"auth-full", -32030},
    {"auth-expir", -32012}, {"auth-replay", -32012}, {"auth-", -32010},
    {"policy-", -32013},    {"psbt-", -32015},       {"mainnet-needs-custody", -32020},
    {"state-", -32020},     {"seal-", -32021},       {"kms-", -32021},
    {"nsm-", -32024},
};

}  // namespace

Result<RpcRequest> parse_rpc_request(ByteView body) {
  auto value = json::parse(body);
  if (!value) return malformed("rpc-parse", value.error().reason);
  json::ObjectReader reader(*value);
  if (reader.text("jsonrpc", 3) != "2.0") reader.fail("jsonrpc");
  RpcRequest request;
  const json::Value& id = reader.value("id");
  if (id.integer() != nullptr) {
    request.id = std::to_string(*id.integer());
  } else if (id.text() != nullptr && id.text()->size() <= id_bytes_max) {
    request.id = json::quote(*id.text());
  } else {
    reader.fail("id");
  }
  request.method = reader.text("method", 64);
  const bool has_params = reader.has("params");
  if (has_params && reader.value("params").object() == nullptr) reader.fail("params");
  constexpr StaticText want = "rpc: not a JSON-RPC 2.0 request with jsonrpc, id, method and params";
  BEN_TRY(reader.finish("rpc-request", want));
  request.params = has_params ? value->take_member("params") : json::Value(json::Object());
  return request;
}

int rpc_code(const Error& error) {
  if (error.code == ErrorCode::internal) return -32603;
  for (const CodeOfTag& entry : codes) {
    if (error.tag.view().starts_with(entry.prefix)) return entry.code;
  }
  return -32602;
}

std::string encode_rpc_error(const Error& error) {
  std::string message(error.reason.view());
  if (!error.detail.view().empty()) message.append(": ").append(error.detail.view());
  return json::ObjectWriter()
      .integer("code", rpc_code(error))
      .text("message", message)
      .raw("data", json::ObjectWriter().text("tag", error.tag.view()).finish())
      .finish();
}

Bytes proof_message(const BootId& boot_id, const Hash256& request_hash, ByteView outcome,
                    const Hash256& log_root) {
  return Writer()
      .text("ben/rsp/v1")
      .bytes(boot_id)
      .bytes(request_hash)
      .bytes(sha256(outcome))
      .bytes(log_root)
      .take();
}

std::string encode_rpc_answer(std::string_view id, const RpcOutcome& outcome, const Hash256& request_hash,
                              const BootId& boot_id, const Ed25519Key& key) {
  const auto signature = key.sign(proof_message(boot_id, request_hash, as_bytes(outcome.json), no_log_root));
  const std::string proof = json::ObjectWriter()
                                .text("boot_id", encode_hex(boot_id))
                                .text("log_root", encode_hex(no_log_root))
                                .text("signature", encode_hex(signature))
                                .finish();
  return json::ObjectWriter()
      .text("jsonrpc", "2.0")
      .raw("id", id)
      .raw(outcome.is_error ? "error" : "result", outcome.json)
      .raw("proof", proof)
      .finish();
}

}  // namespace ben::wire
