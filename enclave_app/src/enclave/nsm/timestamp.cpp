#include "cbor/reader.hpp"
#include "nsm/client.hpp"

namespace ben {
namespace {

// The last millisecond of the year 9999: later times have no date.
constexpr std::uint64_t timestamp_ms_max = 253'402'300'799'999;

constexpr Error malformed_document{ErrorCode::malformed, "nsm-timestamp",
                                   "nsm: the attestation document has no readable timestamp"};

}  // namespace

Result<std::uint64_t> document_timestamp_ms(ByteView document) {
  cbor::Reader cose(
      document);  // COSE_Sign1: [protected, unprotected, payload, signature] (RFC 9052 section 4.2)
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
    if (timestamp_ms != 0) return malformed_document;
    timestamp_ms = reader.unsigned_integer();
  }
  const bool complete = reader.finish("nsm-timestamp", "nsm: no payload").has_value();
  if (!complete || timestamp_ms == 0 || timestamp_ms > timestamp_ms_max) return malformed_document;
  return timestamp_ms;
}

}  // namespace ben
