#include "wire/request.hpp"

#include "json/object_reader.hpp"

namespace ben::wire {
namespace {

constexpr StaticText bad_request = "request: the payload is not a request with exactly its method's fields";
constexpr std::size_t entropy_items_max = 16;

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
  json::ObjectReader params(reader.value("params"));
  if (request.method == "genesis") {
    if (!reader.value("wallet_id").is_null()) reader.fail("wallet_id");
    if (request.policy_epoch != 0) reader.fail("policy_epoch");
    request.boot_id = reader.hex<16>("boot_id");
    request.config_hash = params.hex<32>("config_hash");
    for (const json::Value& item : params.array("entropy", entropy_items_max)) {
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
  for (const json::ObjectReader* part : {&reader, &params}) {
    BEN_TRY(part->finish("auth-request", bad_request));
  }
  return request;
}

}  // namespace ben::wire
