#include "attestation/verify.hpp"

#include "cbor/reader.hpp"
#include "cbor/writer.hpp"

namespace ben::attestation {
namespace {

// {1: -35}: alg is ES384 (RFC 9053 section 2.1), and there is nothing else.
constexpr ByteArray<4> protected_es384{0xa1, 0x01, 0x38, 0x22};

struct CoseSign1 {
  ByteView payload;
  P384Signature signature;
};

// COSE_Sign1 = [protected: bstr, unprotected: map, payload: bstr, signature: bstr] (RFC 9052 section 4.2).
Checked<CoseSign1> parse_cose_sign1(ByteView document) {
  cbor::Reader reader(document);
  if (cbor::Reader(document).head().kind == cbor::Kind::tag) return Refusal::tagged;
  reader.open_array();
  const ByteView protected_header = reader.bytes();
  if (!reader.failed() && !equal(protected_header, protected_es384)) return Refusal::algorithm;
  reader.open_map();
  if (reader.more()) return Refusal::unprotected;
  const ByteView payload = reader.bytes();
  const ByteView signature = reader.bytes();
  if (reader.more() || !reader.finish("attest-cose", "attestation: COSE_Sign1")) return Refusal::cose;

  // The reader takes containers of indefinite length too; written anew, they come out different.
  const Bytes only_spelling =
      cbor::Writer().array(4).bytes(protected_es384).map(0).bytes(payload).bytes(signature).take();
  if (!equal(document, only_spelling)) return Refusal::cose;

  if (signature.size() != sizeof(P384Signature)) return Refusal::signature_form;
  const P384Signature numbers{.r = to_array<48>(signature.first(48)), .s = to_array<48>(signature.last(48))};
  if (!is_in_range(numbers)) return Refusal::signature_form;
  return CoseSign1{.payload = payload, .signature = numbers};
}

// Sig_structure (RFC 9052 section 4.4), without external data.
Bytes signed_bytes(ByteView payload) {
  return cbor::Writer().array(4).text("Signature1").bytes(protected_es384).bytes({}).bytes(payload).take();
}

std::optional<Refusal> check_times(const Document& document, const Chain& chain,
                                   std::optional<std::uint64_t> time_s) {
  const std::uint64_t made_at_s = document.timestamp_ms / 1000;
  if (time_s) {
    if (*time_s < chain.not_before_s) return Refusal::not_yet_valid;
    if (*time_s > chain.not_after_s) return Refusal::expired;
    if (made_at_s > *time_s && made_at_s - *time_s > clock_difference_s_max) return Refusal::future;
  }
  if (made_at_s < chain.not_before_s || made_at_s > chain.not_after_s) return Refusal::timestamp_outside;
  return std::nullopt;
}

// A leaf is named "<module_id>.<region>.aws".
bool is_named_after(const std::string& leaf_name, const std::string& module_id) {
  return leaf_name.starts_with(module_id + ".");
}

}  // namespace

Checked<Document> verify_document(ByteView document, const Trust& trust) {
  if (document.empty() || document.size() > document_bytes_max) return Refusal::size;
  const auto envelope = parse_cose_sign1(document);
  if (!envelope) return envelope.error();
  if (envelope->payload.size() > payload_bytes_max) return Refusal::size;
  auto contents = parse_payload(envelope->payload);
  if (!contents) return contents.error();

  const auto chain = trust.chains == nullptr
                         ? verify_chain(contents->certificates, trust.root_certificate)
                         : trust.chains->verify(contents->certificates, trust.root_certificate);
  if (!chain) return chain.error();
  if (!is_named_after(chain->leaf_name, contents->module_id)) return Refusal::leaf_name;
  if (const auto refusal = check_times(*contents, *chain, trust.time_s)) return *refusal;
  if (!p384_verify(chain->leaf_key, signed_bytes(envelope->payload), envelope->signature))
    return Refusal::signature;
  return contents;
}

}  // namespace ben::attestation
