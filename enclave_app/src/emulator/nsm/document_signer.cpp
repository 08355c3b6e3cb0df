#include "nsm/document_signer.hpp"

#include <algorithm>

#include "attestation/bytes_or_null.hpp"
#include "nsm/document.hpp"

namespace ben::emulator {
namespace {

constexpr Error malformed{ErrorCode::malformed, "nsm-request", "nsm: not a document as QEMU makes it"};
constexpr Hash384 zeros{};

Result<ByteView> parse_cose_payload(ByteView document) {
  cbor::Reader reader(document);
  reader.open_array();
  reader.skip();  // protected header
  reader.skip();  // unprotected header
  const ByteView payload = reader.bytes();
  reader.skip();  // signature
  if (reader.more() || !reader.finish("nsm-request", "nsm: left over")) return malformed;
  return payload;
}

std::vector<std::pair<std::uint64_t, ByteView>> take_pcrs(cbor::Reader& reader, bool is_debug) {
  std::vector<std::pair<std::uint64_t, ByteView>> pcrs;
  reader.open_map();
  while (reader.more()) {
    const std::uint64_t index = reader.unsigned_integer();
    const ByteView value = reader.bytes();
    const bool is_hidden = is_debug && (index <= 2 || index == 8);
    pcrs.emplace_back(index, is_hidden ? ByteView(zeros) : value);
  }
  return pcrs;
}

Result<DocumentContent> parse_payload(ByteView payload, bool is_debug) {
  DocumentContent content{.module_id = {}, .timestamp_ms = 0, .pcrs = {}, .fields = {}};
  cbor::Reader reader(payload);
  reader.open_map();
  while (reader.more()) {
    const auto key = reader.text();
    if (key == "module_id") {
      content.module_id = reader.text();
    } else if (key == "timestamp") {
      content.timestamp_ms = reader.unsigned_integer();
    } else if (key == "pcrs") {
      content.pcrs = take_pcrs(reader, is_debug);
    } else if (key == "public_key") {
      content.fields.public_key = attestation::bytes_or_null(reader);
    } else if (key == "user_data") {
      content.fields.user_data = attestation::bytes_or_null(reader);
    } else if (key == "nonce") {
      content.fields.nonce = attestation::bytes_or_null(reader);
    } else {
      reader.skip();  // digest, certificate, cabundle
    }
  }
  if (!reader.finish("nsm-request", "nsm: left over") || content.timestamp_ms == 0) return malformed;
  return content;
}

}  // namespace

Result<std::size_t> DocumentSigner::exchange(ByteView request, std::span<std::uint8_t> reply) {
  const auto payload = parse_cose_payload(request);
  if (!payload) return payload.error();
  const auto content = parse_payload(*payload, is_debug_);
  if (!content) return content.error();
  const Bytes document = sign_document(*content, chain_.leaf_at(content->timestamp_ms / 1000));
  if (document.size() > reply.size()) return malformed;
  std::ranges::copy(document, reply.begin());
  return document.size();
}

}  // namespace ben::emulator
