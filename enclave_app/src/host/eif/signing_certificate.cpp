#include "eif/signing_certificate.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <optional>
#include <string_view>

#include <openssl/objects.h>
#include <openssl/pem.h>

#include "base/base64.hpp"

namespace ben::eif {
namespace {

using namespace openssl;

constexpr Error bad_certificate(StaticText detail) {
  return {ErrorCode::malformed, "eif-certificate", "image: want one X.509 certificate as PEM text", detail};
}

// What PEM_read_bio hands out.
struct PemBlock {
  char* name = nullptr;
  char* header = nullptr;
  std::uint8_t* data = nullptr;
  long size = 0;

  PemBlock() = default;
  ~PemBlock() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  PemBlock(PemBlock&&) = delete;
  PemBlock& operator=(PemBlock&&) = delete;
};

// Where base64 is padded it has bits that nobody reads: other texts would be the same certificate.
bool is_canonical(std::string_view text, ByteView der) {
  std::string letters;
  std::ranges::copy_if(text, std::back_inserter(letters), [](char letter) { return letter > ' '; });
  return letters.find(encode_base64(der)) != std::string::npos;
}

std::string print_time(const ASN1_TIME* time) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (ASN1_TIME_print(bio.get(), time) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> to_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return timegm(&parts);
}

std::string long_name(const ASN1_OBJECT* object) {
  std::array<char, 80> text{};
  OBJ_obj2txt(text.data(), text.size(), object, 0);
  return text.data();
}

std::vector<std::pair<std::string, std::string>> issuer_of(const X509* certificate) {
  const X509_NAME* name = X509_get_issuer_name(certificate);
  std::vector<std::pair<std::string, std::string>> issuer;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    std::uint8_t* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    if (size < 0) continue;
    issuer.emplace_back(long_name(X509_NAME_ENTRY_get_object(entry)),
                        std::string(as_text({text, static_cast<std::size_t>(size)})));
    OPENSSL_free(text);
  }
  return issuer;
}

}  // namespace

Result<Certificate> parse_certificate(ByteView pem) {
  const std::string_view text = as_text(pem);
  constexpr std::string_view begin = "-----BEGIN ";
  const std::size_t first = text.find(begin);
  if (first == std::string_view::npos) return bad_certificate("there is no PEM block");
  if (text.find(begin, first + 1) != std::string_view::npos)
    return bad_certificate("there are two PEM blocks");

  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  PemBlock block;
  if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.size) != 1) {
    return bad_certificate("the PEM block is damaged");
  }
  if (std::string_view(block.name) != PEM_STRING_X509) {
    return bad_certificate("the PEM block is no certificate");
  }
  const std::uint8_t* end = block.data;
  Certificate certificate(d2i_X509(nullptr, &end, block.size));
  if (certificate == nullptr || end != block.data + block.size) {
    return bad_certificate("the certificate's DER is damaged");
  }
  if (!is_canonical(text, {block.data, static_cast<std::size_t>(block.size)})) {
    return bad_certificate("its base64 is spelled in another way than encoders do");
  }
  return certificate;
}

Result<SigningCertificate> describe_certificate(X509* certificate) {
  const auto not_before_s = to_seconds(X509_get0_notBefore(certificate));
  const auto not_after_s = to_seconds(X509_get0_notAfter(certificate));
  if (!not_before_s || !not_after_s) return bad_certificate("its dates cannot be read");
  const ASN1_BIT_STRING* signature = nullptr;
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(&signature, &algorithm, certificate);
  const ASN1_OBJECT* algorithm_object = nullptr;
  X509_ALGOR_get0(&algorithm_object, nullptr, nullptr, algorithm);

  SigningCertificate description;
  description.der = to_der<i2d_X509>(certificate);
  description.issuer = issuer_of(certificate);
  description.algorithm = long_name(algorithm_object);
  description.not_before = print_time(X509_get0_notBefore(certificate));
  description.not_after = print_time(X509_get0_notAfter(certificate));
  description.not_before_s = *not_before_s;
  description.not_after_s = *not_after_s;
  description.signature = {signature->data, signature->data + signature->length};
  return description;
}

Result<> admit_certificate_dates(const SigningCertificate& certificate, std::int64_t now_s) {
  if (now_s < certificate.not_before_s || now_s > certificate.not_after_s) {
    return Error{ErrorCode::refused, "eif-certificate-date", "image: the signing certificate is out of date"};
  }
  return Ok{};
}

}  // namespace ben::eif
