// Reads a byte string or null: how Nitro's documents and requests have the fields that may be left out.
#pragma once

#include "cbor/reader.hpp"

namespace ben::attestation {

// None for null; another kind of item fails the reader.
[[nodiscard]] inline std::optional<ByteView> bytes_or_null(cbor::Reader& reader) noexcept {
  constexpr std::uint64_t simple_null = 22;  // RFC 8949 section 3.3
  if (cbor::Reader(reader).head().kind == cbor::Kind::bytes) return reader.bytes();
  const cbor::Reader::Head item = reader.head();
  if (item.kind != cbor::Kind::simple || item.argument != simple_null) reader.fail();
  return std::nullopt;
}

}  // namespace ben::attestation
