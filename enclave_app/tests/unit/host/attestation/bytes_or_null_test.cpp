#include "attestation/bytes_or_null.hpp"

#include <doctest/doctest.h>

#include "cbor/writer.hpp"

namespace ben::attestation {
namespace {

TEST_CASE("a byte string is taken, an empty one too, and null is none") {
  const Bytes three{1, 2, 3};
  const Bytes input = cbor::Writer().array(3).bytes(three).bytes({}).bytes_or_null(std::nullopt).take();
  cbor::Reader reader(input);
  reader.open_array();
  const auto bytes = bytes_or_null(reader);
  REQUIRE(bytes.has_value());
  CHECK(equal(*bytes, three));
  const auto empty = bytes_or_null(reader);
  REQUIRE(empty.has_value());
  CHECK(empty->empty());
  CHECK_FALSE(bytes_or_null(reader).has_value());
  CHECK_FALSE(reader.more());
  CHECK(reader.finish("test-fields", "left over").has_value());
}

TEST_CASE("what is neither bytes nor null fails the reader, and so does the end") {
  for (const Bytes& input : {Bytes{0x16}, Bytes{0x60}, Bytes{0xf5}, Bytes{0xf7}, Bytes{0xf8, 0x16},
                             Bytes{0x80}, Bytes{0x58, 0x01, 0x07}, Bytes{0x42, 0x07}, Bytes{}}) {
    CAPTURE(input.size());
    cbor::Reader reader(input);
    (void)bytes_or_null(reader);
    CHECK(reader.failed());
  }
}

}  // namespace
}  // namespace ben::attestation
