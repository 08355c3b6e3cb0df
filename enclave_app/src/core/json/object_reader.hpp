// ObjectReader: takes the members of an untrusted JSON object by name and type, and notices what is left
// over.
#pragma once

#include <set>

#include "base/hex.hpp"
#include "json/value.hpp"

namespace ben::json {

// A failed take makes the reader fail for good, remembers the first bad key and yields zero or an empty view,
// so a parser reads straight through and asks finish() once. Views live as long as the value.
class ObjectReader {
 public:
  explicit ObjectReader(const Value& value) noexcept : object_(value), failed_(value.object() == nullptr) {}

  [[nodiscard]] std::string_view text(StaticText key, std::size_t bytes_max);
  [[nodiscard]] std::int64_t integer(StaticText key, std::int64_t min, std::int64_t max);
  [[nodiscard]] std::span<const Value> array(StaticText key, std::size_t count_max);

  // Any value; the reader itself has failed when the result is the null value and the key is missing.
  [[nodiscard]] const Value& value(StaticText key);

  // Exactly N bytes as lower-case hex digits.
  template <std::size_t N>
  [[nodiscard]] ByteArray<N> hex(StaticText key) {
    const auto bytes = parse_hex_array<N>(text(key, 2 * N));
    if (!bytes) fail(key);
    return bytes ? *bytes : ByteArray<N>{};
  }

  // Whether the object has the member; does not take it.
  [[nodiscard]] bool has(std::string_view key) const noexcept { return object_.member(key) != nullptr; }

  // What was taken is of the right type but wrong.
  void fail(StaticText key) noexcept;

  [[nodiscard]] bool failed() const noexcept { return failed_; }

  // Succeeds when every take succeeded and no member is left over.
  Result<> finish(StaticText tag, StaticText reason) const;

 private:
  const Value& object_;
  std::set<const Value*> taken_;
  StaticText bad_key_ = "not an object";
  bool failed_;
};

}  // namespace ben::json
