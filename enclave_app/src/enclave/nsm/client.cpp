#include "nsm/client.hpp"

#include "cbor/reader.hpp"
#include "cbor/writer.hpp"

namespace ben {
namespace {

constexpr Error malformed_reply = malformed("nsm-reply", "nsm: the reply is not what the request calls for");

// The last millisecond of the year 9999: later times have no date.
constexpr std::uint64_t timestamp_ms_max = 253'402'300'799'999;

constexpr Error malformed_document =
    malformed("nsm-timestamp", "nsm: the attestation document has no readable timestamp");

// The module's errors by name. "Success" is none of them.
constexpr std::pair<std::string_view, Error> named_errors[] = {
    {"InvalidArgument", refused("nsm-invalid-argument", "nsm: the request has an invalid argument")},
    {"InvalidIndex", refused("nsm-invalid-index", "nsm: the PCR does not exist or cannot be locked")},
    {"InvalidResponse", refused("nsm-invalid-response", "nsm: the module made a wrong reply")},
    {"ReadOnlyIndex", refused("nsm-read-only-index", "nsm: the PCR is locked")},
    {"InvalidOperation", refused("nsm-invalid-operation", "nsm: the module cannot do that")},
    {"BufferTooSmall", refused("nsm-buffer-too-small", "nsm: the reply has no room")},
    {"InputTooLarge", refused("nsm-input-too-large", "nsm: the request is too large")},
    {"InternalError", refused("nsm-internal-error", "nsm: the module failed")},
};

// The error that `reply` is, if it is one: {"Error": name}.
std::optional<Error> parse_error(ByteView reply) {
  cbor::Reader reader(reply);
  reader.open_map();
  if (!reader.more() || reader.text() != "Error") return std::nullopt;
  const auto name = reader.text();
  if (reader.more() || !reader.finish("nsm-reply", "nsm: no error")) return malformed_reply;
  for (const auto& [known_name, error] : named_errors) {
    if (name == known_name) return error;
  }
  return malformed_reply;
}

Bytes numbered_request(std::string_view name, std::string_view key, std::uint16_t number) {
  return cbor::Writer().map(1).text(name).map(1).text(key).unsigned_integer(number).take();
}

}  // namespace

Result<> NsmClient::get_random(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    BEN_TRY(const auto random,
            exchange_for_bytes(cbor::Writer().text("GetRandom").take(), "GetRandom", "random"));
    const std::size_t taken = std::min(random.size(), out.size());
    std::copy_n(random.begin(), taken, out.begin());
    out = out.subspan(taken);
  }
  return Ok{};
}

Result<NsmPcr> NsmClient::describe_pcr(std::uint16_t index) {
  std::optional<bool> locked;
  BEN_TRY(const auto value, exchange_for_bytes(numbered_request("DescribePCR", "index", index), "DescribePCR",
                                               "data", &locked));
  if (!locked || value.size() != sizeof(Hash384)) return malformed_reply;
  return NsmPcr{.locked = *locked, .value = to_array<sizeof(Hash384)>(value)};
}

Result<Hash384> NsmClient::extend_pcr(std::uint16_t index, ByteView data) {
  cbor::Writer request;
  request.map(1).text("ExtendPCR").map(2).text("index").unsigned_integer(index).text("data").bytes(data);
  BEN_TRY(const auto value, exchange_for_bytes(request.take(), "ExtendPCR", "data"));
  if (value.size() != sizeof(Hash384)) return malformed_reply;
  return to_array<sizeof(Hash384)>(value);
}

Result<> NsmClient::lock_pcrs(std::uint16_t range) {
  BEN_TRY(const auto reply, exchange(numbered_request("LockPCRs", "range", range)));
  cbor::Reader reader(reply);
  if (reader.text() != "LockPCRs" || !reader.finish("nsm-reply", "nsm: no name")) return malformed_reply;
  return Ok{};
}

Result<Bytes> NsmClient::attestation(const AttestationFields& fields) {
  cbor::Writer request;
  request.map(1).text("Attestation").map(3);
  request.text("user_data").bytes_or_null(fields.user_data);
  request.text("nonce").bytes_or_null(fields.nonce);
  request.text("public_key").bytes_or_null(fields.public_key);
  BEN_TRY(const auto document, exchange_for_bytes(request.take(), "Attestation", "document"));
  return to_bytes(document);
}

Result<ByteView> NsmClient::exchange(ByteView request) {
  if (request.size() > nsm_request_bytes_max)
    return refused("nsm-input-too-large", "nsm: the request is more than the device takes");
  BEN_TRY(const auto size, transport_.exchange(request, reply_.expose_mutable()));
  if (size > nsm_reply_bytes_max) return malformed_reply;
  const ByteView reply = reply_.expose().first(size);
  if (const auto error = parse_error(reply)) return *error;
  return reply;
}

Result<ByteView> NsmClient::exchange_for_bytes(ByteView request, std::string_view name, std::string_view key,
                                               std::optional<bool>* lock) {
  BEN_TRY(const auto reply, exchange(request));
  cbor::Reader reader(reply);
  std::optional<ByteView> value;
  reader.open_map();
  if (!reader.more() || reader.text() != name) return malformed_reply;
  reader.open_map();
  while (reader.more()) {
    const auto found = reader.text();
    if (found == key && !value) {
      value = reader.bytes();
    } else if (found == "lock" && lock != nullptr && !*lock) {
      *lock = reader.boolean();
    } else {
      reader.fail();
    }
  }
  if (reader.more() || !reader.finish("nsm-reply", "nsm: no reply") || !value || value->empty())
    return malformed_reply;
  return *value;
}

Result<std::uint64_t> document_timestamp_ms(ByteView document) {
  // COSE_Sign1: [protected, unprotected, payload, signature] (RFC 9052 section 4.2).
  cbor::Reader cose(document);
  cose.open_array();
  cose.skip();
  cose.skip();
  const ByteView payload = cose.bytes();
  cose.skip();
  if (cose.more() || !cose.finish("nsm-timestamp", "nsm: no COSE_Sign1")) return malformed_document;

  cbor::Reader reader(payload);
  std::uint64_t timestamp_ms = 0;
  reader.open_map();
  while (reader.more()) {
    if (reader.text() != "timestamp") {
      reader.skip();
      continue;
    }
    if (timestamp_ms != 0) reader.fail();  // twice
    timestamp_ms = reader.unsigned_integer();
  }
  BEN_TRY(reader.finish(malformed_document.tag, malformed_document.reason));
  if (timestamp_ms == 0 || timestamp_ms > timestamp_ms_max) return malformed_document;
  return timestamp_ms;
}

}  // namespace ben
