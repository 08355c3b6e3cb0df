// Base64 with padding (RFC 4648 section 4), canonical only: one spelling for one value.
#pragma once

#include "base/result.hpp"

namespace ben {

[[nodiscard]] std::string encode_base64(ByteView bytes);

// Fails with `malformed` (base64-form) on a foreign character, white space, missing or misplaced
// padding, or unused bits that are not zero.
Result<Bytes> parse_base64(std::string_view text);

}  // namespace ben
