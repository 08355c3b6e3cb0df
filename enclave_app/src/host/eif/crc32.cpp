#include "eif/crc32.hpp"

#include <array>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace ben::eif {
namespace {

constexpr std::uint32_t polynomial = 0xedb88320;  // reflected: the lowest bit is the highest power

// "Slicing by 8": table[k][b] is the checksum of byte b followed by k zero bytes, so eight bytes take eight
// independent look-ups. One byte at a time would be slower than the disk.
constexpr std::size_t slices = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, slices>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? polynomial : 0U);
    tables[0][byte] = value;
  }
  for (std::size_t slice = 1; slice < slices; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t shorter = tables[slice - 1][byte];
      tables[slice][byte] = (shorter >> 8U) ^ tables[0][shorter & 0xffU];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

std::uint32_t update_by_tables(std::uint32_t state, ByteView bytes) noexcept {
  while (bytes.size() >= slices) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < slices; ++i) {
      const std::uint32_t mixed = i < 4 ? bytes[i] ^ ((state >> (8 * i)) & 0xffU) : bytes[i];
      next ^= tables[slices - 1 - i][mixed];
    }
    state = next;
    bytes = bytes.subspan(slices);
  }
  for (const std::uint8_t byte : bytes) state = (state >> 8U) ^ tables[0][(state ^ byte) & 0xffU];
  return state;
}

#ifdef __x86_64__
// Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel, 2009):
// four registers of 16 bytes are each multiplied past the next 64 bytes, then folded into one, whose 16 bytes
// have the checksum of all.
constexpr std::size_t register_bytes = 16;
constexpr std::size_t stride = 4 * register_bytes;

// The two halves' factors for a step of 512 bits, and of 128: x^(512+32), x^(512-32), x^(128+32), x^(128-32).
constexpr long long far_low = 0x154442bd4;
constexpr long long far_high = 0x1c6e41596;
constexpr long long near_low = 0x1751997d0;
constexpr long long near_high = 0x0ccaa009e;

__attribute__((target("pclmul,sse4.1"))) __m128i fold(__m128i value, __m128i factors, __m128i next) noexcept {
  const __m128i low = _mm_clmulepi64_si128(value, factors, 0x00);
  const __m128i high = _mm_clmulepi64_si128(value, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse4.1"))) __m128i load(ByteView bytes, std::size_t index) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data()) + index);
}

// Takes a multiple of `stride`, at least one, off the front of `bytes`.
__attribute__((target("pclmul,sse4.1"))) std::uint32_t update_by_products(std::uint32_t state,
                                                                          ByteView& bytes) noexcept {
  const __m128i far = _mm_set_epi64x(far_high, far_low);
  const __m128i near = _mm_set_epi64x(near_high, near_low);
  __m128i a = _mm_xor_si128(load(bytes, 0), _mm_cvtsi32_si128(static_cast<int>(state)));
  __m128i b = load(bytes, 1);
  __m128i c = load(bytes, 2);
  __m128i d = load(bytes, 3);
  for (bytes = bytes.subspan(stride); bytes.size() >= stride; bytes = bytes.subspan(stride)) {
    a = fold(a, far, load(bytes, 0));
    b = fold(b, far, load(bytes, 1));
    c = fold(c, far, load(bytes, 2));
    d = fold(d, far, load(bytes, 3));
  }
  ByteArray<register_bytes> last{};
  const __m128i whole = fold(fold(fold(a, near, b), near, c), near, d);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(last.data()), whole);
  return update_by_tables(0, last);
}

const bool has_products = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
#endif

// Product of two polynomials modulo the checksum's.
std::uint32_t multiply(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint32_t product = 0;
  for (std::uint32_t power = 0x80000000; power != 0; power >>= 1U) {
    if ((a & power) != 0) product ^= b;
    b = (b >> 1U) ^ ((b & 1U) != 0 ? polynomial : 0U);
  }
  return product;
}

// x^(8 * count).
std::uint32_t power_of_bytes(std::uint64_t count) noexcept {
  std::uint32_t result = 0x80000000;  // x^0
  std::uint32_t square = 0x00800000;  // x^8
  for (; count != 0; count >>= 1U) {
    if ((count & 1U) != 0) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

}  // namespace

Crc32& Crc32::update(ByteView bytes) noexcept {
#ifdef __x86_64__
  if (has_products && bytes.size() >= stride) state_ = update_by_products(state_, bytes);
#endif
  state_ = update_by_tables(state_, bytes);
  return *this;
}

std::uint32_t Crc32::value_followed_by(const Crc32& next, std::uint64_t count) const noexcept {
  return multiply(value(), power_of_bytes(count)) ^ next.value();
}

}  // namespace ben::eif
