// Entropy: the random source of the enclave, mixed so that one honest source is enough.
#pragma once

#include "crypto/hash.hpp"
#include "nsm/client.hpp"

namespace ben::signer {

// Each draw is HKDF over SHA-512 of NSM random bytes, getrandom and RDSEED (where the processor has it).
// Fails with `unavailable` or `refused`: nsm-… when the NSM fails, nsm-random-repeats when it gives the same
// bytes twice, nsm-getrandom when the kernel gives none.
class Entropy {
 public:
  explicit Entropy(NsmClient& nsm) noexcept : nsm_(nsm) {}

  // N fresh bytes.
  template <std::size_t N>
  Result<Secret<N>> draw() {
    BEN_TRY(const auto mixed, pool({}));
    return hkdf_sha256<N>(mixed.expose(), {}, "ben/entropy/v1");
  }

  // The same with bytes from operators mixed in: a wallet's seed.
  Result<Secret<32>> draw_seed(std::span<const Bytes> operators);

  // Feeds libcrypto's generator; call before the first key is made with it.
  Result<> feed_libcrypto();

 private:
  Result<Secret<64>> pool(std::span<const Bytes> operators);

  NsmClient& nsm_;
  std::optional<Secret<64>> last_nsm_;
};

}  // namespace ben::signer
