#include "base/reader.hpp"

#include <doctest/doctest.h>

#include "base/writer.hpp"

namespace ben {
namespace {

TEST_CASE("a reader yields what a writer wrote, in both byte orders") {
  Writer writer;
  writer.u8(1).u16_be(0x0203).u32_be(0x04050607).u64_be(0x08090a0b0c0d0e0f).u16_le(0x0203).u32_le(0x04050607);
  writer.u64_le(0x08090a0b0c0d0e0f).text("end");
  CHECK(Reader(writer.view()).array<3>() == ByteArray<3>{1, 2, 3});
  CHECK(Reader(writer.view()).big_endian(3) == 0x010203);
  Reader reader(writer.view());
  CHECK(reader.u8() == 1);
  CHECK(reader.u16_be() == 0x0203);
  CHECK(reader.u32_be() == 0x04050607);
  CHECK(reader.u64_be() == 0x08090a0b0c0d0e0f);
  CHECK(reader.u16_le() == 0x0203);
  CHECK(reader.u32_le() == 0x04050607);
  CHECK(reader.u64_le() == 0x08090a0b0c0d0e0f);
  CHECK(as_text(reader.rest()) == "end");
  CHECK(reader.finish("test-finish", "nothing is left").has_value());
}

TEST_CASE("a failed take fails the reader for good and yields zeros") {
  const Bytes input{1, 2, 3};
  Reader short_of_four(input);
  CHECK(short_of_four.array<4>() == ByteArray<4>{});
  CHECK(short_of_four.failed());
  Reader reader(input);
  CHECK(reader.u32_be() == 0);
  CHECK(reader.u8() == 0);
  CHECK(reader.take(0).empty());
  CHECK(reader.failed());
  const auto finished = reader.finish("test-finish", "cut");
  REQUIRE_FALSE(finished.has_value());
  CHECK(finished.error().tag.view() == "test-finish");
}

TEST_CASE("a byte left over is malformed") {
  const Bytes input{1, 2};
  Reader reader(input);
  CHECK(reader.u8() == 1);
  CHECK_FALSE(reader.finish("test-finish", "left over").has_value());
}

}  // namespace
}  // namespace ben
