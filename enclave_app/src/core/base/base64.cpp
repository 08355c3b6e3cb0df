#include "base/base64.hpp"

#include <openssl/evp.h>

namespace ben {

std::string encode_base64(ByteView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // libcrypto ends it with a zero byte
  const int size = EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<Bytes> parse_base64(std::string_view text) {
  Bytes bytes(text.size() / 4 * 3);
  (void)EVP_DecodeBlock(bytes.data(), as_bytes(text).data(), static_cast<int>(text.size()));
  const std::size_t padding = text.size() - (text.find_last_not_of('=') + 1);
  bytes.resize(bytes.size() - std::min(padding, bytes.size()));
  // libcrypto takes more than one spelling, and takes padding for zeros.
  if (encode_base64(bytes) != text)
    return malformed("base64-form", "base64: not canonical RFC 4648 text with padding");
  return bytes;
}

}  // namespace ben
