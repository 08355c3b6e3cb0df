#include "base/base64.hpp"

#include <string>

#include <doctest/doctest.h>

#include "base/hex.hpp"

namespace ben {
namespace {

TEST_CASE("the vectors of RFC 4648 section 10 hold both ways") {
  struct Case {
    const char* text;
    const char* base64;
  };
  for (const Case& c : {Case{"", ""}, Case{"f", "Zg=="}, Case{"fo", "Zm8="}, Case{"foo", "Zm9v"},
                        Case{"foob", "Zm9vYg=="}, Case{"fooba", "Zm9vYmE="}, Case{"foobar", "Zm9vYmFy"}}) {
    CAPTURE(c.text);
    CHECK(encode_base64(as_bytes(c.text)) == c.base64);
    const auto bytes = parse_base64(c.base64);
    REQUIRE(bytes.has_value());
    CHECK(as_text(*bytes) == c.text);
  }
}

TEST_CASE("base64 of another spelling is malformed") {
  for (const char* text : {"Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zm-v",
                           "Zg==Zg==", "Z===", "Zm9v=="}) {
    CAPTURE(text);
    CHECK_FALSE(parse_base64(text).has_value());
  }
}

TEST_CASE("hex has one spelling") {
  CHECK(encode_hex(ByteArray<3>{0x00, 0xab, 0xff}) == "00abff");
  const auto parsed = parse_hex("00abff");
  REQUIRE(parsed.has_value());
  CHECK(*parsed == Bytes{0x00, 0xab, 0xff});
  for (const char* text : {"0", "0g", "AB", " 00", "0x00"}) CHECK_FALSE(parse_hex(text).has_value());
  CHECK_FALSE(parse_hex_array<2>("00").has_value());
}

}  // namespace
}  // namespace ben
