#include "signer/entropy.hpp"

#include <sys/random.h>

#include <openssl/rand.h>

#include "crypto/hash.hpp"

namespace ben::signer {
namespace {

// RDSEED may have nothing to give for a moment; what it does not give stays zero, as the other sources are
// there.
void read_rdseed(std::span<std::uint8_t, 64> out) noexcept {
  if (!__builtin_cpu_supports("rdseed")) return;
  constexpr int tries_max = 100;
  for (std::size_t word = 0; word < out.size() / 8; ++word) {
    for (int i = 0; i < tries_max; ++i) {
      unsigned long long value = 0;
      std::uint8_t ok = 0;
      asm volatile("rdseed %0; setc %1" : "=r"(value), "=qm"(ok) : : "cc");
      if (ok == 0) continue;
      for (std::size_t k = 0; k < 8; ++k) out[8 * word + k] = static_cast<std::uint8_t>(value >> (8 * k));
      break;
    }
  }
}

}  // namespace

Result<Secret<64>> Entropy::pool(std::span<const Bytes> operators) {
  Secret<64> from_nsm;
  const auto filled = nsm_.get_random(from_nsm.expose_mutable());
  if (!filled) return filled.error();
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
  const auto mixed = pool(operators);
  if (!mixed) return mixed.error();
  return hkdf_sha256<32>(mixed->expose(), {}, "ben/seed/v1");
}

Result<> Entropy::feed_libcrypto() {
  const auto bytes = draw<48>();
  if (!bytes) return bytes.error();
  RAND_add(bytes->expose().data(), 48, 48.0);
  return Ok{};
}

}  // namespace ben::signer
