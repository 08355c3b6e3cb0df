#include "attestation/der.hpp"

namespace ben::attestation {
namespace {

// X.690 section 8.1.3: lengths below 0x80 are one byte; 0x81 and 0x82 announce one or two more.
std::size_t read_length(Reader& reader) noexcept {
  const std::uint8_t first = reader.u8();
  if (first < 0x80) return first;
  std::size_t length = 0;
  std::size_t smallest = 0;
  if (first == 0x81) {
    length = reader.u8();
    smallest = 0x80;
  } else if (first == 0x82) {
    length = reader.u16_be();
    smallest = 0x100;
  } else {
    reader.fail();
  }
  if (length < smallest) reader.fail();
  return length;
}

}  // namespace

ByteView DerReader::take(Tag tag) noexcept {
  if (rest_.u8() != static_cast<std::uint8_t>(tag)) fail();
  const std::size_t length = read_length(rest_);
  return rest_.take(length);
}

ByteView DerReader::take_whole(Tag tag) noexcept {
  const std::size_t start = input_.size() - rest_.remaining();
  static_cast<void>(take(tag));
  if (failed()) return {};
  return input_.subspan(start, input_.size() - rest_.remaining() - start);
}

bool DerReader::next_is(Tag tag) const noexcept {
  Reader ahead = rest_;
  return ahead.u8() == static_cast<std::uint8_t>(tag);
}

ByteView DerReader::unsigned_integer() noexcept {
  const ByteView contents = take(Tag::integer);
  const bool is_negative = !contents.empty() && contents[0] >= 0x80;
  const bool is_padded = contents.size() > 1 && contents[0] == 0x00 && contents[1] < 0x80;
  if (contents.empty() || is_negative || is_padded) {
    fail();
    return {};
  }
  return contents.size() > 1 && contents[0] == 0x00 ? contents.subspan(1) : contents;
}

bool DerReader::boolean() noexcept {
  const ByteView contents = take(Tag::boolean);
  if (contents.size() != 1 || (contents[0] != 0x00 && contents[0] != 0xff)) {
    fail();
    return false;
  }
  return contents[0] == 0xff;
}

ByteView DerReader::bit_string() noexcept {
  const ByteView contents = take(Tag::bit_string);
  if (contents.empty() || contents[0] != 0) {  // the number of unused bits
    fail();
    return {};
  }
  return contents.subspan(1);
}

}  // namespace ben::attestation
