// For any input, read as a document, as a payload and as a certificate: nothing is accepted under the AWS
// root that is not accepted again with its chain remembered, views stay inside the input, and what is parsed
// keeps its limits.
#include <cstdint>

#include "attestation/aws_root.hpp"
#include "attestation/certificate.hpp"
#include "attestation/verify.hpp"
#include "cbor/reader.hpp"
#include "require.hpp"

namespace {

using namespace ben::attestation;

void check_certificate(ben::ByteView input) {
  const auto certificate = parse_certificate(input);
  if (!certificate) return;
  for (const ben::ByteView part : {certificate->signed_part, certificate->issuer, certificate->subject}) {
    require(part.data() >= input.data() && part.data() + part.size() <= input.data() + input.size());
  }
  require(certificate->common_name.size() < certificate->subject.size());
  require(!certificate->path_length || certificate->is_ca == true);
}

// The root that the document itself names: under it, the walk goes as far as the signatures.
ben::Bytes own_root(ben::ByteView payload) {
  const auto document = parse_payload(payload);
  if (!document) return {};
  require(!document->module_id.empty() && document->timestamp_ms > 0);
  require(document->pcrs.size() >= 3 && document->pcrs.size() <= 32 && document->pcrs.rbegin()->first < 32);
  require(document->certificates.size() >= 2 && document->certificates.size() <= 9);
  return document->certificates.front();
}

ben::ByteView payload_of(ben::ByteView document) {
  ben::cbor::Reader reader(document);
  reader.open_array();
  reader.skip();
  reader.skip();
  return reader.bytes();
}

void check_document(ben::ByteView input, ben::ByteView root) {
  ChainCache chains;
  const auto cold = verify_document(input, {.root_certificate = root, .time_s = std::nullopt});
  for (int round = 0; round < 2; ++round) {
    const auto cached =
        verify_document(input, {.root_certificate = root, .time_s = std::nullopt, .chains = &chains});
    require(cached.has_value() == cold.has_value());
    require(cold.has_value() || cold.error() == cached.error());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ben::ByteView input(data, size);
  check_certificate(input);
  static_cast<void>(own_root(input));
  check_document(input, aws_root_certificate());
  check_document(input, own_root(payload_of(input)));
  return 0;
}
