// Writes CBOR (RFC 8949) in one way only: shortest heads, definite lengths.
#pragma once

#include "base/writer.hpp"

namespace ben::cbor {

class Writer {
 public:
  Writer& unsigned_integer(std::uint64_t value) { return item(0, value); }
  Writer& bytes(ByteView view) { return item(2, view.size(), view); }
  Writer& text(std::string_view view) { return item(3, view.size(), as_bytes(view)); }
  // The caller writes that many items, or pairs, after it.
  Writer& array(std::uint64_t items) { return item(4, items); }
  Writer& map(std::uint64_t pairs) { return item(5, pairs); }
  Writer& boolean(bool value) { return item(7, value ? 21 : 20); }
  Writer& bytes_or_null(const std::optional<ByteView>& view) { return view ? bytes(*view) : item(7, 22); }

  [[nodiscard]] Bytes take() { return out_.take(); }

 private:
  Writer& item(std::uint32_t major_type, std::uint64_t argument, ByteView content = {}) {
    const bool is_small = argument < 24;  // stands in the initial byte itself
    const std::uint32_t size_log2 = argument <= 0xff         ? 0
                                    : argument <= 0xffff     ? 1
                                    : argument <= 0xffffffff ? 2
                                                             : 3;
    const std::uint64_t information = is_small ? argument : 24U + size_log2;
    out_.u8(static_cast<std::uint8_t>(major_type << 5U | information));
    out_.big_endian(argument, is_small ? 0 : std::size_t{1} << size_log2).bytes(content);
    return *this;
  }

  ben::Writer out_;
};

}  // namespace ben::cbor
