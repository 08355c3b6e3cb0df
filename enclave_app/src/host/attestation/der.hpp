// Reads DER (X.690), strictly: the part that X.509 certificates of up to 64 KiB need.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/reader.hpp"

namespace ben::attestation {

enum class Tag : std::uint8_t {
  boolean = 0x01,
  integer = 0x02,
  bit_string = 0x03,
  octet_string = 0x04,
  object_identifier = 0x06,
  utf8_string = 0x0c,
  printable_string = 0x13,
  utc_time = 0x17,
  generalized_time = 0x18,
  sequence = 0x30,
  set = 0x31,
  version = 0xa0,     // [0] of TBSCertificate (RFC 5280 section 4.1)
  extensions = 0xa3,  // [3]
};

// A failed take makes the reader fail for good and yields empty views. Lengths have to be definite and of the
// shortest form (X.690 section 10.1). What is taken are views into the input.
class DerReader {
 public:
  explicit DerReader(ByteView input) noexcept : input_(input), rest_(input) {}

  // The contents of the next element, which has to have that tag.
  [[nodiscard]] ByteView take(Tag tag) noexcept;
  // The same, with its tag and length.
  [[nodiscard]] ByteView take_whole(Tag tag) noexcept;
  [[nodiscard]] bool next_is(Tag tag) const noexcept;

  // A non-negative INTEGER in its shortest form, without the zero byte that keeps it positive.
  [[nodiscard]] ByteView unsigned_integer() noexcept;
  // A BOOLEAN: 0x00 or 0xff (X.690 section 11.1).
  [[nodiscard]] bool boolean() noexcept;
  // A BIT STRING of whole bytes.
  [[nodiscard]] ByteView bit_string() noexcept;

  void fail() noexcept { rest_.fail(); }
  [[nodiscard]] bool failed() const noexcept { return rest_.failed(); }
  [[nodiscard]] bool empty() const noexcept { return rest_.remaining() == 0; }

  // True when every take succeeded and nothing is left.
  [[nodiscard]] bool finished() const noexcept { return !failed() && empty(); }

 private:
  ByteView input_;
  Reader rest_;
};

}  // namespace ben::attestation
