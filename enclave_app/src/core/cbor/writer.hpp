// Writes CBOR (RFC 8949) in one way only: shortest heads, definite lengths.
#pragma once

#include "base/writer.hpp"

namespace ben::cbor {

class Writer {
 public:
  Writer& unsigned_integer(std::uint64_t value) { return head(0, value); }
  Writer& bytes(ByteView view) {
    head(2, view.size());
    out_.bytes(view);
    return *this;
  }
  Writer& text(std::string_view view) {
    head(3, view.size());
    out_.text(view);
    return *this;
  }
  // The caller writes that many items, or pairs, after it.
  Writer& array(std::uint64_t items) { return head(4, items); }
  Writer& map(std::uint64_t pairs) { return head(5, pairs); }
  Writer& boolean(bool value) { return head(7, value ? 21 : 20); }
  Writer& bytes_or_null(const std::optional<ByteView>& view) { return view ? bytes(*view) : head(7, 22); }

  [[nodiscard]] Bytes take() { return out_.take(); }

 private:
  Writer& head(std::uint8_t major_type, std::uint64_t argument);

  ben::Writer out_;
};

}  // namespace ben::cbor
