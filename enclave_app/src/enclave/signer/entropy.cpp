#include "signer/entropy.hpp"

#include <immintrin.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/rand.h>

namespace ben::signer {
namespace {

// RDSEED may have nothing to give for a moment; what it does not give stays zero, as the other sources are
// there.
__attribute__((target("rdseed"))) void read_rdseed(std::span<std::uint8_t, 64> out) noexcept {
  if (!__builtin_cpu_supports("rdseed")) return;
  constexpr int tries_max = 100;
  unsigned long long word = 0;
  for (std::size_t place = 0; place < out.size(); place += sizeof word) {
    for (int i = 0; i < tries_max && _rdseed64_step(&word) == 0; ++i) continue;
    ::memcpy(&out[place], &word, sizeof word);
  }
  ::explicit_bzero(&word, sizeof word);
}

}  // namespace

Result<Secret<64>> Entropy::pool(std::span<const Bytes> operators) {
  Secret<64> from_nsm;
  BEN_TRY(nsm_.get_random(from_nsm.expose_mutable()));
  if (last_nsm_ && *last_nsm_ == from_nsm)
    return refused("nsm-random-repeats", "nsm: the same random bytes came twice: no key is made");
  last_nsm_ = Secret<64>(from_nsm.expose());

  Secret<64> from_kernel;
  const auto kernel_bytes = from_kernel.expose_mutable();
  if (::getrandom(kernel_bytes.data(), kernel_bytes.size(), 0) != static_cast<ssize_t>(kernel_bytes.size()))
    return unavailable("nsm-getrandom", "entropy: the kernel gave no random bytes");
  Secret<64> from_cpu;
  read_rdseed(from_cpu.expose_mutable());

  // Operators' bytes are hashed each, so that their sizes cannot be traded against one another.
  Sha256 operators_hash;
  for (const Bytes& bytes : operators) operators_hash.update(sha256(bytes));
  return Secret<64>(
      sha512({from_nsm.expose(), from_kernel.expose(), from_cpu.expose(), operators_hash.finish()}));
}

Result<Secret<32>> Entropy::draw_seed(std::span<const Bytes> operators) {
  BEN_TRY(const auto mixed, pool(operators));
  return hkdf_sha256<32>(mixed.expose(), {}, "ben/seed/v1");
}

Result<> Entropy::feed_libcrypto() {
  BEN_TRY(const auto bytes, draw<48>());
  RAND_add(bytes.expose().data(), 48, 48.0);
  return Ok{};
}

}  // namespace ben::signer
