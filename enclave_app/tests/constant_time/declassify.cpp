// libsecp256k1's results that are public by their nature, declared so where they leave the library: the
// linker puts these functions around its own (--wrap). So no line of our code needs an exception, and what
// the library does within is watched. The library has such marks inside, but Debian builds it without them.
#include <cstddef>

#include <openssl/rsa.h>
#include <secp256k1_schnorrsig.h>
#include <valgrind/memcheck.h>

#define PUBLISH(pointer) (void)VALGRIND_MAKE_MEM_DEFINED(pointer, sizeof *(pointer))

extern "C" {

int __real_secp256k1_ec_seckey_verify(const secp256k1_context* context, const unsigned char* key);
int __real_secp256k1_ec_seckey_tweak_add(const secp256k1_context* context, unsigned char* key,
                                         const unsigned char* tweak);
int __real_secp256k1_ec_seckey_negate(const secp256k1_context* context, unsigned char* key);
int __real_secp256k1_ec_pubkey_create(const secp256k1_context* context, secp256k1_pubkey* public_key,
                                      const unsigned char* key);
int __real_secp256k1_keypair_create(const secp256k1_context* context, secp256k1_keypair* pair,
                                    const unsigned char* key);
int __real_secp256k1_ecdsa_sign(const secp256k1_context* context, secp256k1_ecdsa_signature* signature,
                                const unsigned char* hash, const unsigned char* key,
                                secp256k1_nonce_function nonce, const void* extra);
int __real_secp256k1_schnorrsig_sign32(const secp256k1_context* context, unsigned char* signature,
                                       const unsigned char* hash, const secp256k1_keypair* pair,
                                       const unsigned char* auxiliary);
int __real_RSA_public_encrypt(int size, const unsigned char* from, unsigned char* to, RSA* key, int padding);

// Whether a key is in 1..n-1, and a tweaked one not zero: with probability 1 - 2^-127 it is.
int __wrap_secp256k1_ec_seckey_verify(const secp256k1_context* context, const unsigned char* key) {
  int done = __real_secp256k1_ec_seckey_verify(context, key);
  PUBLISH(&done);
  return done;
}

int __wrap_secp256k1_ec_seckey_tweak_add(const secp256k1_context* context, unsigned char* key,
                                         const unsigned char* tweak) {
  int done = __real_secp256k1_ec_seckey_tweak_add(context, key, tweak);
  PUBLISH(&done);
  return done;
}

int __wrap_secp256k1_ec_seckey_negate(const secp256k1_context* context, unsigned char* key) {
  int done = __real_secp256k1_ec_seckey_negate(context, key);
  PUBLISH(&done);
  return done;
}

// A public key.
int __wrap_secp256k1_ec_pubkey_create(const secp256k1_context* context, secp256k1_pubkey* public_key,
                                      const unsigned char* key) {
  int done = __real_secp256k1_ec_pubkey_create(context, public_key, key);
  PUBLISH(&done);
  PUBLISH(public_key);
  return done;
}

// The public half of a pair, its last 64 bytes; the library marks it so as well.
int __wrap_secp256k1_keypair_create(const secp256k1_context* context, secp256k1_keypair* pair,
                                    const unsigned char* key) {
  int done = __real_secp256k1_keypair_create(context, pair, key);
  PUBLISH(&done);
  (void)VALGRIND_MAKE_MEM_DEFINED(pair->data + 32, 64);
  return done;
}

// A signature, which is verified before it leaves. How often low-R grinding tries depends on signatures
// alone: each attempt has a nonce of its own.
int __wrap_secp256k1_ecdsa_sign(const secp256k1_context* context, secp256k1_ecdsa_signature* signature,
                                const unsigned char* hash, const unsigned char* key,
                                secp256k1_nonce_function nonce, const void* extra) {
  int done = __real_secp256k1_ecdsa_sign(context, signature, hash, key, nonce, extra);
  PUBLISH(&done);
  PUBLISH(signature);
  return done;
}

int __wrap_secp256k1_schnorrsig_sign32(const secp256k1_context* context, unsigned char* signature,
                                       const unsigned char* hash, const secp256k1_keypair* pair,
                                       const unsigned char* auxiliary) {
  int done = __real_secp256k1_schnorrsig_sign32(context, signature, hash, pair, auxiliary);
  PUBLISH(&done);
  (void)VALGRIND_MAKE_MEM_DEFINED(signature, 64);
  return done;
}

// What OAEP encoded: masked by fresh random bytes, so the number that is raised to the public exponent tells
// nothing.
int __wrap_RSA_public_encrypt(int size, const unsigned char* from, unsigned char* to, RSA* key, int padding) {
  (void)VALGRIND_MAKE_MEM_DEFINED(from, static_cast<std::size_t>(size));
  return __real_RSA_public_encrypt(size, from, to, key, padding);
}
}
