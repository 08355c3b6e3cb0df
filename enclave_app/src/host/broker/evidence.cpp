#include "broker/evidence.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "broker/rpc_text.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "relay/operation.hpp"
#include "verify/answer.hpp"

namespace ben::broker {
namespace {

Bytes own_request(std::string_view method, const std::string& params) {
  return to_bytes(as_bytes(encode_own_request(method, params)));
}

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate read_certificate(ByteView file) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(
      BIO_new_mem_buf(file.data(), static_cast<int>(file.size())), &BIO_free);
  if (as_text(file).starts_with("-----BEGIN")) {
    return {PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr), &X509_free};
  }
  return {d2i_X509_bio(source.get(), nullptr), &X509_free};
}

}  // namespace

Bytes info_request() { return own_request("get_info", "{}"); }

Bytes attestation_request(ByteView nonce) {
  return own_request("get_attestation", json::ObjectWriter().text("nonce", encode_hex(nonce)).finish());
}

Bytes unseal_request(const StoredWallet& wallet) {
  return own_request("unseal", json::ObjectWriter()
                                   .text("sealed_seed", encode_base64(wallet.sealed_seed))
                                   .raw("certificate", wallet.certificate)
                                   .finish());
}

Bytes policy_request(const std::string& policy) {
  return own_request("set_policy", json::ObjectWriter().raw("policy", policy).finish());
}

Result<OwnAnswer> parse_own_answer(ByteView text) {
  const bool has_id = as_text(text).starts_with(R"({"jsonrpc":"2.0","id":"broker",)");
  const auto answer = verify::parse_answer(as_text(text), has_id ? own_id : "null");
  if (!answer) return answer.error();
  if (!answer->is_error) return OwnAnswer{.result = std::string(answer->outcome), .tag = {}, .message = {}};
  auto error = verify::parse_error_object(answer->outcome);
  if (!error) return error.error();
  return OwnAnswer{.result = {}, .tag = std::move(error->tag), .message = std::move(error->message)};
}

Result<verify::Statement> parse_info(const std::string& result) { return verify::parse_statement(result); }

Result<verify::Evidence> parse_evidence(const std::string& result) {
  constexpr Error bad_form{ErrorCode::malformed, "attest-answer",
                           "the answer holds no document and statement"};
  const auto value = json::parse(as_bytes(result));
  if (!value) return bad_form;
  json::ObjectReader reader(*value);
  const auto document = parse_base64(reader.text("document", 2 * wire::document_bytes_max));
  std::string statement(reader.text("statement", verify::statement_bytes_max));
  if (!reader.finish("attest-answer", "the answer holds no document and statement") || !document)
    return bad_form;
  return verify::Evidence{.document = *document, .statement = std::move(statement)};
}

Result<Bytes> parse_root(ByteView file) {
  const Certificate certificate = read_certificate(file);
  const int size = certificate ? i2d_X509(certificate.get(), nullptr) : -1;
  if (size <= 0)
    return Error{ErrorCode::malformed, "broker-root", "the root is not a certificate in PEM or DER"};
  Bytes der(static_cast<std::size_t>(size));
  std::uint8_t* out = der.data();
  i2d_X509(certificate.get(), &out);
  return der;
}

}  // namespace ben::broker
