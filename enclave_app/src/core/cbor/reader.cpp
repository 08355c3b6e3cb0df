#include "cbor/reader.hpp"

namespace ben::cbor {
namespace {

// RFC 8949 section 3: the initial byte is three bits of major type and five of additional information.
constexpr std::uint8_t information_bits = 0x1f;
constexpr std::uint8_t information_indefinite = 31;
constexpr std::uint8_t break_byte = 0xff;

// RFC 8949 section 3.3.
constexpr std::uint64_t simple_false = 20;
constexpr std::uint64_t simple_true = 21;
constexpr std::uint64_t simple_null = 22;

constexpr Kind kind_of(std::uint8_t initial) noexcept { return static_cast<Kind>(initial >> 5U); }

bool is_printable_ascii(ByteView text) noexcept {
  return std::all_of(text.begin(), text.end(), [](std::uint8_t c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

std::uint64_t Reader::unsigned_integer() noexcept { return expect(Kind::unsigned_integer); }

ByteView Reader::bytes() noexcept { return input_.take(expect(Kind::bytes)); }

std::string_view Reader::text() noexcept {
  const auto characters = input_.take(expect(Kind::text));
  if (is_printable_ascii(characters)) return as_text(characters);
  fail();
  return {};
}

bool Reader::boolean() noexcept {
  const std::uint64_t value = expect(Kind::simple);
  if (value != simple_false && value != simple_true) fail();
  return value == simple_true;
}

std::optional<ByteView> Reader::bytes_or_null() noexcept {
  if (peek() == Kind::bytes) return bytes();
  if (expect(Kind::simple) != simple_null) fail();
  return std::nullopt;
}

bool Reader::more() noexcept {
  if (depth_ == 0) fail();
  if (failed()) return false;
  const Container& container = open_[depth_ - 1];
  if (!container.indefinite) return container.items > 0 || leave();

  ben::Reader ahead = input_;
  if (ahead.u8() != break_byte) return true;           // the end of the input is for the next read to find
  if (container.is_map && container.items % 2 != 0) {  // a key without its value
    fail();
    return false;
  }
  input_ = ahead;
  return leave();
}

void Reader::skip() noexcept {
  const std::size_t outside = depth_;
  do {
    const Head item = head();
    if (item.kind == Kind::array || item.kind == Kind::map) {
      enter(item);
    } else if (item.kind == Kind::bytes || item.kind == Kind::text) {
      static_cast<void>(input_.take(item.argument));
    } else if (item.kind == Kind::simple) {
      if (item.argument < simple_false || item.argument > simple_null) fail();
    } else if (item.kind != Kind::unsigned_integer) {
      fail();
    }
    while (depth_ > outside && !failed() && !more()) continue;  // leaves what is complete
  } while (depth_ > outside && !failed());
}

std::optional<Kind> Reader::peek() const noexcept {
  ben::Reader ahead = input_;
  const std::uint8_t initial = ahead.u8();
  if (ahead.failed() || initial == break_byte) return std::nullopt;
  return kind_of(initial);
}

Result<> Reader::finish(StaticText tag, StaticText reason) const {
  if (depth_ > 0) return malformed(tag, reason);
  return input_.finish(tag, reason);
}

// Reads the head of an item and counts the item in the container that it is in.
Reader::Head Reader::head() noexcept {
  if (depth_ > 0) {
    Container& container = open_[depth_ - 1];
    if (container.indefinite) {
      ++container.items;
    } else if (container.items > 0) {
      --container.items;
    } else {
      fail();
    }
  }
  const std::uint8_t initial = input_.u8();
  const Kind kind = kind_of(initial);
  const auto information = static_cast<std::uint8_t>(initial & information_bits);
  if (information == information_indefinite && (kind == Kind::array || kind == Kind::map))
    return {kind, true, 0};
  return {kind, false, argument(information)};
}

// The argument of a head, in its shortest form only.
std::uint64_t Reader::argument(std::uint8_t additional_information) noexcept {
  constexpr std::uint8_t one_byte = 24;
  constexpr std::uint8_t eight_bytes = 27;
  if (additional_information < one_byte) return additional_information;
  if (additional_information > eight_bytes) {
    fail();
    return 0;
  }
  const std::size_t size = std::size_t{1} << (additional_information - one_byte);
  const std::uint64_t value = input_.big_endian(size);
  // The least value that half as many bytes cannot hold.
  const std::uint64_t smallest = size == 1 ? one_byte : std::uint64_t{1} << (4 * size);
  if (value < smallest) fail();
  return failed() ? 0 : value;
}

// Reads a head of `kind` with a definite argument.
std::uint64_t Reader::expect(Kind kind) noexcept {
  const Head item = head();
  if (item.kind != kind || item.indefinite) fail();
  return failed() ? 0 : item.argument;
}

void Reader::open(Kind kind) noexcept {
  const Head item = head();
  if (item.kind != kind) fail();
  enter(item);
}

// A definite container cannot have more items than bytes are left: the bound of every loop over it.
void Reader::enter(const Head& head) noexcept {
  const std::uint64_t items_each = head.kind == Kind::map ? 2 : 1;
  if (depth_ == depth_max || head.argument > input_.remaining() / items_each) fail();
  if (failed()) return;
  open_[depth_++] = {
      .is_map = head.kind == Kind::map, .indefinite = head.indefinite, .items = head.argument * items_each};
}

// Always false, so that more() can end with it.
bool Reader::leave() noexcept {
  --depth_;
  return false;
}

}  // namespace ben::cbor
