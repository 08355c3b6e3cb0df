// Whatever a KMS reply is, it is refused, or its fields make a reply that reads the same.
#include <cstdlib>

#include "base/writer.hpp"
#include "sealing/cms.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ben;
  const ByteView input(data, size);
  const auto reply = parse_kms_reply(input);
  if (!reply) return 0;
  if (reply->ciphertext.empty() || reply->ciphertext.size() % 16 != 0) std::abort();
  if (reply->ciphertext.size() > size || reply->encrypted_key.size() != 256) std::abort();

  // The same with its content in chunks of one byte.
  constexpr std::size_t content_at = 33 + 32 + 66 + 256 + 28 + 16;
  Writer chunked;
  chunked.bytes(input.first(content_at)).u16_be(0xa080);
  for (const std::uint8_t byte : reply->ciphertext) chunked.u8(0x04).u8(0x01).u8(byte);
  chunked.u16_be(0).u64_be(0);
  const auto again = parse_kms_reply(chunked.view());
  if (!again || again->ciphertext != reply->ciphertext || again->recipient != reply->recipient ||
      again->iv != reply->iv) {
    std::abort();
  }
  return 0;
}
