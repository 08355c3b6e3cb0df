// The strict JSON reader and the message parsers on it take any bytes; a request that parses has a usable id.
#include <cstdlib>

#include "wire/dsse.hpp"
#include "wire/rpc.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ben::ByteView input(data, size);
  const auto value = ben::json::parse(input);
  (void)ben::wire::parse_signed_request(input);
  const auto request = ben::wire::parse_rpc_request(input);
  if (!value) {
    if (request) std::abort();
    return 0;
  }
  if (request && (request->id.empty() || request->params.object() == nullptr)) std::abort();
  const auto envelope = ben::wire::parse_envelope(*value);
  if (!envelope) return 0;
  // An envelope that parses is written and parses again to the same.
  const std::string encoded = ben::wire::encode_envelope(*envelope);
  const auto again = ben::json::parse(ben::as_bytes(encoded));
  if (!again) std::abort();
  const auto parsed = ben::wire::parse_envelope(*again);
  if (!parsed || parsed->payload != envelope->payload || parsed->payload_type != envelope->payload_type)
    std::abort();
  return 0;
}
