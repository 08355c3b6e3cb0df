#include "cli/kms_key.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "aws/kms_client.hpp"
#include "base/base64.hpp"
#include "cli/files.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "crypto/rsa.hpp"

namespace ben::cli {
namespace {

Bytes decode_pem(std::string_view pem, const std::string& path) {
  const Owned<BIO, BIO_free_all> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const KeyHandle key(bio == nullptr ? nullptr : PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  unsigned char* der = nullptr;
  const int size = key == nullptr ? -1 : i2d_PUBKEY(key.get(), &der);
  if (size <= 0) throw Stop("config-kms-key", path + ": is no public key in PEM");
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

template <typename T>
T value_or_stop(Outcome<T> outcome, const std::string& about) {
  if (outcome) return std::move(*outcome);
  const Stop stop = stop_of(outcome.failure().error, about);
  if (outcome.failure().detail.empty()) throw stop;
  throw Stop(stop.tag(), std::string(stop.what()) + " (" + printable(outcome.failure().detail) + ")");
}

Bytes admit_public_key(Bytes der, const std::string& about) {
  (void)cli::value_or_stop(RsaPublicKey::parse(der), about);
  return der;
}

}  // namespace

Bytes read_kms_public_key(const std::string& path) {
  Bytes bytes = read_file(path, 16UL * 1024);
  std::string_view text = as_text(bytes);
  if (text.starts_with("-----BEGIN PUBLIC KEY-----")) return admit_public_key(decode_pem(text, path), path);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  auto decoded = parse_base64(text);
  return admit_public_key(decoded ? *std::move(decoded) : std::move(bytes), path);
}

Bytes fetch_kms_public_key(const std::string& key_arn, const std::string& endpoint,
                           const std::string& region) {
  const KeyArn arn = cli::value_or_stop(parse_key_arn(key_arn), key_arn);
  KmsOptions options;
  options.endpoint = endpoint;
  CredentialsProvider credentials;
  const KmsClient kms(region.empty() ? arn.region : region, options, credentials);
  const KmsKey description = value_or_stop(kms.describe_key(arn), key_arn);
  (void)cli::value_or_stop(admit_sealing_key(description), key_arn);
  return admit_public_key(value_or_stop(kms.get_public_key(arn), key_arn), key_arn);
}

}  // namespace ben::cli
