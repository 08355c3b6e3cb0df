#include <array>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "cbor/reader.hpp"
#include "cbor/writer.hpp"

namespace ben::cbor {
namespace {

Bytes from_hex(std::string_view text) {
  const auto bytes = parse_hex(text);
  REQUIRE(bytes.has_value());
  return *bytes;
}

bool is_one_item(ByteView input) {
  Reader reader(input);
  reader.skip();
  return reader.finish("test-skip", "not one item").has_value();
}

// RFC 8949 appendix A, in its order, but for the floats that differ only in their digits.
struct Example {
  const char* encoded;
  bool is_read;  // in the part of CBOR that this reader has
};
constexpr std::array<Example, 66> appendix_a{{
    {"00", true},
    {"01", true},
    {"0a", true},
    {"17", true},
    {"1818", true},
    {"1819", true},
    {"1864", true},
    {"1903e8", true},
    {"1a000f4240", true},
    {"1b000000e8d4a51000", true},
    {"1bffffffffffffffff", true},
    {"c249010000000000000000", false},  // bignum
    {"3bffffffffffffffff", false},      // negative
    {"c349010000000000000000", false},
    {"20", false},
    {"29", false},
    {"3863", false},
    {"3903e7", false},
    {"f90000", false},  // floats
    {"f98000", false},
    {"f93c00", false},
    {"fb3ff199999999999a", false},
    {"fa47c35000", false},
    {"fb7e37e43c8800759c", false},
    {"f97c00", false},
    {"f97e00", false},
    {"fa7f800000", false},
    {"fb7ff0000000000000", false},
    {"f4", true},
    {"f5", true},
    {"f6", true},
    {"f7", false},                                            // undefined
    {"f0", false},                                            // simple(16)
    {"f8ff", false},                                          // simple(255)
    {"c074323031332d30332d32315432303a30343a30305a", false},  // tags
    {"c11a514b67b0", false},
    {"c1fb41d452d9e8200000", false},
    {"d74401020304", false},
    {"d818456449455446", false},
    {"d82076687474703a2f2f7777772e6578616d706c652e636f6d", false},
    {"40", true},
    {"4401020304", true},
    {"60", true},
    {"6161", true},
    {"6449455446", true},
    {"62225c", true},
    {"62c3bc", true},  // passed over: what text() makes of it is tested below
    {"63e6b0b4", true},
    {"64f0908591", true},
    {"80", true},
    {"83010203", true},
    {"8301820203820405", true},
    {"98190102030405060708090a0b0c0d0e0f101112131415161718181819", true},
    {"a0", true},
    {"a201020304", true},
    {"a26161016162820203", true},
    {"826161a161626163", true},
    {"a56161614161626142616361436164614461656145", true},
    {"5f42010243030405ff", false},  // chunks
    {"7f657374726561646d696e67ff", false},
    {"9fff", true},
    {"9f018202039f0405ffff", true},
    {"83018202039f0405ff", true},
    {"9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", true},
    {"bf61610161629f0203ffff", true},
    {"bf6346756ef563416d7421ff", false},  // holds -2
}};

TEST_CASE("the examples of RFC 8949 are read or refused as this reader's part of CBOR has it") {
  for (const Example& example : appendix_a) {
    CAPTURE(example.encoded);
    const Bytes input = from_hex(example.encoded);
    CHECK(is_one_item(input) == example.is_read);
  }
}

TEST_CASE("an example of RFC 8949 cut anywhere or followed by a byte is no item") {
  for (const Example& example : appendix_a) {
    if (!example.is_read) continue;
    CAPTURE(example.encoded);
    Bytes input = from_hex(example.encoded);
    for (std::size_t size = 0; size < input.size(); ++size)
      CHECK_FALSE(is_one_item(ByteView(input).first(size)));
    input.push_back(0x00);
    CHECK_FALSE(is_one_item(input));
  }
}

TEST_CASE("typed reads yield the values of RFC 8949's examples") {
  const auto number = [](std::string_view encoded) {
    const Bytes input = from_hex(encoded);
    Reader reader(input);
    const std::uint64_t value = reader.unsigned_integer();
    CHECK(reader.finish("test-number", "not a number").has_value());
    return value;
  };
  CHECK(number("00") == 0);
  CHECK(number("17") == 23);
  CHECK(number("1818") == 24);
  CHECK(number("1903e8") == 1000);
  CHECK(number("1a000f4240") == 1000000);
  CHECK(number("1b000000e8d4a51000") == 1000000000000);
  CHECK(number("1bffffffffffffffff") == 18446744073709551615U);

  const Bytes mixed = from_hex("9f4401020304644945544662225cf4f5ff");
  Reader reader(mixed);
  reader.open_array();
  CHECK(reader.more());
  CHECK(equal(reader.bytes(), from_hex("01020304")));
  CHECK(reader.text() == "IETF");
  CHECK(reader.text() == "\"\\");
  CHECK_FALSE(reader.boolean());
  CHECK(reader.boolean());
  CHECK_FALSE(reader.more());
  CHECK(reader.finish("test-mixed", "left over").has_value());
}

TEST_CASE("a byte string is a view into the input") {
  const Bytes input = from_hex("420102");
  Reader reader(input);
  CHECK(reader.bytes().data() == input.data() + 1);
}

TEST_CASE("a head that is not the shortest is refused") {
  for (const auto* encoded :
       {"1817", "1900ff", "1a0000ffff", "1b00000000ffffffff", "5800", "590001ff", "7800", "9800", "b800",
        "f814", "1c", "1d", "1e", "1f", "3f", "df", "ff", "fc"}) {
    CAPTURE(encoded);
    CHECK_FALSE(is_one_item(from_hex(encoded)));
  }
}

TEST_CASE("text that is not printable ASCII is refused") {
  for (const auto* encoded : {"62c3bc", "6100", "617f", "61ff", "6180"}) {
    CAPTURE(encoded);
    const Bytes input = from_hex(encoded);
    Reader reader(input);
    CHECK(reader.text().empty());
    CHECK(reader.failed());
  }
}

TEST_CASE("a read of another kind than comes next fails for good") {
  const Bytes input = from_hex("8201f5");
  const auto fails = [&](auto read) {
    Reader reader(input);
    reader.open_array();
    read(reader);
    const bool failed = reader.failed();
    CHECK(reader.unsigned_integer() == 0);
    CHECK_FALSE(reader.more());
    return failed;
  };
  CHECK(fails([](Reader& reader) { CHECK(reader.bytes().empty()); }));
  CHECK(fails([](Reader& reader) { CHECK(reader.text().empty()); }));
  CHECK(fails([](Reader& reader) { CHECK_FALSE(reader.boolean()); }));
  CHECK(fails([](Reader& reader) { reader.open_map(); }));
  CHECK(fails([](Reader& reader) { reader.open_array(); }));
}

TEST_CASE("reading past the items of a container fails") {
  for (const auto* encoded : {"8001", "810101", "9fff01"}) {
    CAPTURE(encoded);
    const Bytes input = from_hex(encoded);
    Reader reader(input);
    reader.open_array();
    if (input[0] == 0x81) CHECK(reader.unsigned_integer() == 1);
    CHECK_FALSE(reader.failed());
    static_cast<void>(reader.unsigned_integer());
    CHECK(reader.failed());
  }
}

TEST_CASE("a container that was not left, or was left early, does not finish") {
  const Bytes input = from_hex("820102");
  Reader reader(input);
  reader.open_array();
  CHECK(reader.unsigned_integer() == 1);
  CHECK_FALSE(reader.finish("test-early", "an item is left").has_value());
  CHECK(reader.unsigned_integer() == 2);
  CHECK_FALSE(reader.finish("test-open", "more() was not asked").has_value());
  CHECK_FALSE(reader.more());
  CHECK(reader.finish("test-left", "complete").has_value());
}

TEST_CASE("more() outside every container fails") {
  const Bytes input = from_hex("01");
  Reader reader(input);
  CHECK_FALSE(reader.more());
  CHECK(reader.failed());
}

TEST_CASE("a map of indefinite length that ends after a key is refused") {
  const Bytes input = from_hex("bf6161ff");
  CHECK_FALSE(is_one_item(input));
  Reader reader(input);
  reader.open_map();
  REQUIRE(reader.more());
  CHECK(reader.text() == "a");
  CHECK_FALSE(reader.more());
  CHECK(reader.failed());
}

TEST_CASE("a container that claims more items than bytes are left is refused at its head") {
  for (const auto* encoded : {"9bffffffffffffffff", "bbffffffffffffffff", "bb8000000000000000",
                              "9a0000ffff00", "8200", "a1f4", "5bffffffffffffffff", "7bffffffffffffffff"}) {
    CAPTURE(encoded);
    const Bytes input = from_hex(encoded);
    Reader reader(input);
    const Kind kind = Reader(input).head().kind;
    if (kind == Kind::map) {
      reader.open_map();
    } else if (kind == Kind::array) {
      reader.open_array();
    } else {
      reader.skip();
    }
    CHECK(reader.failed());
  }
}

TEST_CASE("containers nest to the limit and no deeper") {
  for (const std::uint8_t head : {std::uint8_t{0x81}, std::uint8_t{0x9f}}) {
    for (const std::size_t depth : {depth_max, depth_max + 1, std::size_t{4000}}) {
      CAPTURE(depth);
      Bytes input(depth, head);
      input.push_back(0x00);
      if (head == 0x9f) input.insert(input.end(), depth, 0xff);
      CHECK(is_one_item(input) == (depth <= depth_max));
    }
  }
}

TEST_CASE("the head of an item tells its kind, and that of an item that is not read fails") {
  const Bytes input = from_hex("9f014060809fa0f4");
  Reader reader(input);
  for (const Kind kind : {Kind::array, Kind::unsigned_integer, Kind::bytes, Kind::text, Kind::array,
                          Kind::array, Kind::map, Kind::simple}) {
    const Reader::Head head = reader.head();
    CHECK(head.kind == kind);
    CHECK_FALSE(reader.failed());
  }
  for (const auto* encoded : {"20", "c0", "e0", "f3", "f7", "f820", "f90000", "ff", ""}) {
    CAPTURE(encoded);
    const Bytes other = from_hex(encoded);
    Reader at(other);
    static_cast<void>(at.head());
    CHECK(at.failed());
  }
}

TEST_CASE("the writer writes RFC 8949's shortest forms, and the reader reads them back") {
  const std::array<std::pair<std::uint64_t, const char*>, 10> numbers{{{0, "00"},
                                                                       {23, "17"},
                                                                       {24, "1818"},
                                                                       {255, "18ff"},
                                                                       {256, "190100"},
                                                                       {65535, "19ffff"},
                                                                       {65536, "1a00010000"},
                                                                       {4294967295, "1affffffff"},
                                                                       {4294967296, "1b0000000100000000"},
                                                                       {~0ULL, "1bffffffffffffffff"}}};
  for (const auto& [value, encoded] : numbers) {
    const Bytes written = Writer().unsigned_integer(value).take();
    CHECK(encode_hex(written) == encoded);
    Reader reader(written);
    CHECK(reader.unsigned_integer() == value);
  }
  const Bytes three = from_hex("010203");
  const Bytes written = Writer()
                            .map(2)
                            .text("a")
                            .array(4)
                            .bytes(three)
                            .bytes_or_null(std::nullopt)
                            .bytes_or_null(three)
                            .boolean(true)
                            .text("b")
                            .boolean(false)
                            .take();
  CHECK(encode_hex(written) == "a261618443010203f643010203f56162f4");
  CHECK(is_one_item(written));
}

}  // namespace
}  // namespace ben::cbor
