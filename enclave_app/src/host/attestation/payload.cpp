#include "attestation/payload.hpp"

#include <algorithm>
#include <array>

#include "attestation/bytes_or_null.hpp"
#include "attestation/certificate.hpp"

namespace ben::attestation {
namespace {

constexpr std::size_t module_id_bytes_max = 256;  // genuine: 39
constexpr std::size_t field_bytes_max = 1024;
constexpr std::size_t cabundle_max = 8;  // genuine: 4
constexpr std::uint64_t pcr_index_max = 31;

using Reading = std::optional<Refusal>;  // none: the value is good

Reading read_module_id(cbor::Reader& reader, Document& document) {
  document.module_id = reader.text();
  const bool is_good = !document.module_id.empty() && document.module_id.size() <= module_id_bytes_max;
  return is_good ? Reading() : Refusal::module_id;
}

Reading read_digest(cbor::Reader& reader, Document& /*document*/) {
  return reader.text() == "SHA384" ? Reading() : Refusal::digest;
}

Reading read_timestamp(cbor::Reader& reader, Document& document) {
  document.timestamp_ms = reader.unsigned_integer();
  return document.timestamp_ms != 0 ? Reading() : Refusal::timestamp;
}

Reading read_pcrs(cbor::Reader& reader, Document& document) {
  reader.open_map();
  while (reader.more()) {
    const std::uint64_t index = reader.unsigned_integer();
    const ByteView value = reader.bytes();
    if (reader.failed() || index > pcr_index_max || value.size() != sizeof(Hash384)) return Refusal::pcrs;
    const bool is_new =
        document.pcrs.emplace(static_cast<std::uint8_t>(index), to_array<sizeof(Hash384)>(value)).second;
    if (!is_new) return Refusal::pcrs;
  }
  const bool has_image = document.pcrs.contains(0) && document.pcrs.contains(1) && document.pcrs.contains(2);
  return has_image && !reader.failed() ? Reading() : Refusal::pcrs;
}

bool append_certificate(cbor::Reader& reader, Document& document) {
  const ByteView der = reader.bytes();
  if (der.empty() || der.size() > certificate_bytes_max) return false;
  document.certificates.push_back(to_bytes(der));
  return true;
}

// The leaf goes before the bundle, wherever the payload has it, until finish_certificates() puts it last.
Reading read_certificate(cbor::Reader& reader, Document& document) {
  if (!append_certificate(reader, document)) return Refusal::certificate_field;
  std::rotate(document.certificates.begin(), document.certificates.end() - 1, document.certificates.end());
  return Reading();
}

Reading read_cabundle(cbor::Reader& reader, Document& document) {
  reader.open_array();
  std::size_t count = 0;
  while (reader.more()) {
    if (++count > cabundle_max || !append_certificate(reader, document)) return Refusal::cabundle;
  }
  return count > 0 && !reader.failed() ? Reading() : Refusal::cabundle;
}

void finish_certificates(Document& document) {
  std::rotate(document.certificates.begin(), document.certificates.begin() + 1, document.certificates.end());
}

bool read_bytes_or_null(cbor::Reader& reader, std::size_t bytes_min, std::optional<Bytes>& field) {
  const auto bytes = bytes_or_null(reader);
  if (reader.failed() || (bytes && (bytes->size() < bytes_min || bytes->size() > field_bytes_max)))
    return false;
  if (bytes) field = to_bytes(*bytes);
  return true;
}

Reading read_public_key(cbor::Reader& reader, Document& document) {
  return read_bytes_or_null(reader, 1, document.public_key) ? Reading() : Refusal::public_key;
}
Reading read_user_data(cbor::Reader& reader, Document& document) {
  return read_bytes_or_null(reader, 0, document.user_data) ? Reading() : Refusal::user_data;
}
Reading read_nonce(cbor::Reader& reader, Document& document) {
  return read_bytes_or_null(reader, 0, document.nonce) ? Reading() : Refusal::nonce;
}

// A NitroTPM's document has the same root and the same other fields, and is not of an enclave.
Reading refuse_nitrotpm(cbor::Reader& /*reader*/, Document& /*document*/) { return Refusal::nitrotpm; }

struct Field {
  std::string_view name;
  bool is_mandatory;
  Reading (*read)(cbor::Reader&, Document&);
};
constexpr std::array<Field, 10> fields{{{"module_id", true, read_module_id},
                                        {"digest", true, read_digest},
                                        {"timestamp", true, read_timestamp},
                                        {"pcrs", true, read_pcrs},
                                        {"certificate", true, read_certificate},
                                        {"cabundle", true, read_cabundle},
                                        {"public_key", false, read_public_key},
                                        {"user_data", false, read_user_data},
                                        {"nonce", false, read_nonce},
                                        {"nitrotpm_pcrs", false, refuse_nitrotpm}}};

bool is_zero(const Hash384& pcr) { return pcr == Hash384{}; }

}  // namespace

Checked<Document> parse_payload(ByteView payload) {
  Document document{};
  std::array<bool, fields.size()> seen{};
  cbor::Reader reader(payload);
  reader.open_map();
  while (reader.more()) {
    const auto name = reader.text();
    if (reader.failed()) return Refusal::payload;
    const auto* const field =
        std::find_if(fields.begin(), fields.end(), [&](const Field& known) { return known.name == name; });
    if (field == fields.end()) return Refusal::unknown_field;
    if (std::exchange(seen[static_cast<std::size_t>(field - fields.begin())], true))
      return Refusal::duplicate_field;
    if (const auto refusal = field->read(reader, document)) return *refusal;
  }
  if (!reader.finish("attest-payload", "attestation: payload")) return Refusal::payload;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].is_mandatory && !seen[i]) return Refusal::missing_field;
  }
  finish_certificates(document);
  document.is_debug = is_zero(document.pcrs[0]) || is_zero(document.pcrs[1]) || is_zero(document.pcrs[2]);
  return document;
}

}  // namespace ben::attestation
