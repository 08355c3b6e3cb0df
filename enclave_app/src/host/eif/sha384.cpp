// As in crypto/hash.cpp: the functions that OpenSSL 3 calls deprecated are the fast ones.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "eif/sha384.hpp"

namespace ben::eif {

Sha384::Sha384() noexcept { SHA384_Init(&context_); }

void Sha384::update(ByteView bytes) noexcept { SHA384_Update(&context_, bytes.data(), bytes.size()); }

Hash384 Sha384::finish() noexcept {
  Hash384 hash{};
  SHA384_Final(hash.data(), &context_);
  return hash;
}

}  // namespace ben::eif
