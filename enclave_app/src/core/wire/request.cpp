#include "wire/request.hpp"

#include "base/hex.hpp"
#include "json/object_reader.hpp"

namespace ben::wire {
namespace {

constexpr StaticText bad_request =
    "request: the payload is not a request with exactly the fields of its method";
constexpr std::size_t entropy_items_max = 16;

Result<> read_genesis_params(const json::Value& params, SignedRequest& request) {
  json::ObjectReader reader(params);
  request.config_hash = reader.hex<32>("config_hash");
  for (const json::Value& item : reader.array("entropy", entropy_items_max)) {
    auto bytes = parse_hex(item.text() == nullptr ? "-" : std::string_view(*item.text()));
    if (!bytes || bytes->size() < 32 || bytes->size() > 64) reader.fail("entropy");
    if (bytes) request.entropy.push_back(std::move(*bytes));
  }
  return reader.finish("auth-request", bad_request);
}

Result<> read_transaction_params(const json::Value& params, SignedRequest& request) {
  json::ObjectReader reader(params);
  request.psbt_sha256 = reader.hex<32>("psbt_sha256");
  return reader.finish("auth-request", bad_request);
}

}  // namespace

Result<SignedRequest> parse_signed_request(ByteView payload) {
  const auto value = json::parse(payload);
  if (!value) return malformed("auth-request", bad_request, "not strict JSON");
  json::ObjectReader reader(*value);
  SignedRequest request{};
  request.method = reader.text("method", 32);
  request.request_id = reader.hex<16>("request_id");
  request.expires_at_ms = reader.integer("expires_at", 1, INT64_MAX);
  request.policy_epoch = reader.integer("policy_epoch", 0, INT64_MAX);
  const json::Value& params = reader.value("params");

  const bool is_genesis = request.method == "genesis";
  if (is_genesis) {
    if (!reader.value("wallet_id").is_null()) reader.fail("wallet_id");
    if (request.policy_epoch != 0) reader.fail("policy_epoch");
    request.boot_id = reader.hex<16>("boot_id");
  } else {
    if (request.method != "sign_transaction" && request.method != "evaluate_transaction")
      reader.fail("method");
    request.wallet_id = reader.hex<32>("wallet_id");
  }
  const auto finished = reader.finish("auth-request", bad_request);
  if (!finished) return finished.error();
  const auto read =
      is_genesis ? read_genesis_params(params, request) : read_transaction_params(params, request);
  if (!read) return read.error();
  return request;
}

}  // namespace ben::wire
