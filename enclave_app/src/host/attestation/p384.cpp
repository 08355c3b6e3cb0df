// The functions on EC_KEY take a point as it is; by EVP_PKEY each key would first go through OpenSSL 3's
// decoders, at the cost of some of the time of each verification.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "attestation/p384.hpp"

#include <algorithm>
#include <memory>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>

#include "crypto/hash.hpp"

namespace ben::attestation {
namespace {

struct Free {
  void operator()(EC_KEY* key) const noexcept { EC_KEY_free(key); }
  void operator()(ECDSA_SIG* signature) const noexcept { ECDSA_SIG_free(signature); }
};

// FIPS 186-5 (SP 800-186 section 3.2.1.4): the order n of the base point.
constexpr ByteArray<48> order{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                              0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                              0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2,
                              0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73};

bool is_scalar(const ByteArray<48>& number) noexcept {
  const bool is_zero = std::all_of(number.begin(), number.end(), [](std::uint8_t byte) { return byte == 0; });
  return !is_zero && number < order;
}

}  // namespace

bool is_in_range(const P384Signature& signature) noexcept {
  return is_scalar(signature.r) && is_scalar(signature.s);
}

bool p384_verify(const P384Point& key, ByteView message, const P384Signature& signature) noexcept {
  if (!is_in_range(signature)) return false;
  const std::unique_ptr<EC_KEY, Free> public_key(EC_KEY_new_by_curve_name(NID_secp384r1));
  const std::unique_ptr<ECDSA_SIG, Free> parsed(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(signature.r.data(), static_cast<int>(signature.r.size()), nullptr);
  BIGNUM* s = BN_bin2bn(signature.s.data(), static_cast<int>(signature.s.size()), nullptr);
  if (parsed == nullptr || ECDSA_SIG_set0(parsed.get(), r, s) != 1) {  // takes both, or none
    BN_free(r);
    BN_free(s);
    return false;
  }
  const Hash384 digest = sha384({message});
  return public_key != nullptr && key[0] == POINT_CONVERSION_UNCOMPRESSED &&
         EC_KEY_oct2key(public_key.get(), key.data(), key.size(), nullptr) == 1 &&
         ECDSA_do_verify(digest.data(), static_cast<int>(digest.size()), parsed.get(), public_key.get()) == 1;
}

}  // namespace ben::attestation
