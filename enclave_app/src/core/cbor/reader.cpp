#include "cbor/reader.hpp"

namespace ben::cbor {

// RFC 8949 section 3.3.
constexpr std::uint64_t simple_false = 20;
constexpr std::uint64_t simple_true = 21;
constexpr std::uint64_t simple_null = 22;

// What an open container of indefinite length counts down from: more items than any input has, and even.
constexpr std::uint64_t endless = UINT64_MAX - 1;

std::uint64_t Reader::unsigned_integer() noexcept { return expect(Kind::unsigned_integer); }

ByteView Reader::bytes() noexcept { return input_.take(expect(Kind::bytes)); }

std::string_view Reader::text() noexcept {
  const auto characters = input_.take(expect(Kind::text));
  const auto is_printable_ascii = [](std::uint8_t c) { return c >= 0x20 && c <= 0x7e; };
  if (!std::ranges::all_of(characters, is_printable_ascii)) fail();
  return failed() ? std::string_view() : as_text(characters);
}

bool Reader::boolean() noexcept {
  const std::uint64_t value = expect(Kind::simple);
  if (value != simple_false && value != simple_true) fail();
  return value == simple_true;
}

bool Reader::more() noexcept {
  if (depth_ == 0) fail();
  if (failed()) return false;
  const Head& container = open_[depth_ - 1];
  ben::Reader ahead = input_;
  // A container of indefinite length ends with a break; the end of the input is for the next read to find.
  if (container.indefinite ? ahead.u8() != 0xff : container.argument > 0) return true;
  input_ = ahead;
  if (container.kind == Kind::map && container.argument % 2 != 0) fail();  // a key without its value
  --depth_;
  return false;
}

void Reader::skip() noexcept {
  const std::size_t outside = depth_;
  do {
    const Head item = head();
    if (item.kind == Kind::array || item.kind == Kind::map) {
      enter(item);
    } else if (item.kind == Kind::bytes || item.kind == Kind::text) {
      static_cast<void>(input_.take(item.argument));
    }
    while (depth_ > outside && !failed() && !more()) continue;  // leaves what is complete
  } while (depth_ > outside && !failed());
}

Result<> Reader::finish(StaticText tag, StaticText reason) const {
  if (depth_ > 0) return malformed(tag, reason);
  return input_.finish(tag, reason);
}

Reader::Head Reader::head() noexcept {
  if (depth_ > 0 && open_[depth_ - 1].argument-- == 0) fail();
  // RFC 8949 section 3: three bits of major type, five of additional information.
  const std::uint8_t initial = input_.u8();
  const auto kind = static_cast<Kind>(initial >> 5U);
  const std::uint32_t information = initial & 0x1fU;
  if (information == 31 && (kind == Kind::array || kind == Kind::map)) return {kind, true, 0};
  const std::uint64_t value = argument(information);
  const bool is_other_simple = kind == Kind::simple && (value < simple_false || value > simple_null);
  if (kind == Kind::negative_integer || kind == Kind::tag || is_other_simple) fail();
  return {kind, false, failed() ? 0 : value};
}

// The argument of a head, in its shortest form only.
std::uint64_t Reader::argument(std::uint32_t information) noexcept {
  if (information < 24) return information;
  if (information > 27) fail();
  const std::size_t size = std::size_t{1} << information % 4;  // of 24 to 27: 1, 2, 4, 8 bytes
  const std::uint64_t value = input_.big_endian(size);
  const std::uint64_t smallest =
      size == 1 ? 24 : std::uint64_t{1} << 4 * size;  // half as many cannot hold it
  if (value < smallest) fail();
  return value;
}

// Reads a head of `kind`, which is neither array nor map.
std::uint64_t Reader::expect(Kind kind) noexcept {
  const Head item = head();
  if (item.kind != kind) fail();
  return failed() ? 0 : item.argument;
}

void Reader::open(Kind kind) noexcept {
  const Head item = head();
  if (item.kind != kind) fail();
  enter(item);
}

// A definite container cannot have more items than bytes are left: the bound of every loop over it.
void Reader::enter(Head container) noexcept {
  const std::uint64_t items_each = container.kind == Kind::map ? 2 : 1;
  if (depth_ == depth_max || container.argument > input_.remaining() / items_each) fail();
  if (failed()) return;
  container.argument = container.indefinite ? endless : container.argument * items_each;
  open_[depth_++] = container;
}

}  // namespace ben::cbor
