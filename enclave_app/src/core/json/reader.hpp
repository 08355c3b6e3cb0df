// JSON of the strict profile: what comes from outside becomes a Value or an error, and nothing else.
//
// UTF-8, depth at most 16, no duplicate keys, integers of 64 bits only, no comments, nothing after the value.
#pragma once

#include <set>

#include "base/hex.hpp"

namespace ben::json {

inline constexpr std::size_t depth_max = 16;
// Of one object: the widest known one is a policy's 64 lists.
inline constexpr std::size_t members_max = 128;
// Of one array: the longest known one is an allow-list of 1,000.
inline constexpr std::size_t items_max = 4096;
inline constexpr std::size_t values_max = 100'000;  // of one text, whatever its shape

class Value;
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;

// One JSON value, null by default. Reading it as another type than it has yields nullptr.
class Value : std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> {
 public:
  using variant::variant;

  [[nodiscard]] bool is_null() const noexcept { return index() == 0; }
  [[nodiscard]] const std::int64_t* integer() const noexcept { return std::get_if<std::int64_t>(this); }
  [[nodiscard]] const std::string* text() const noexcept { return std::get_if<std::string>(this); }
  [[nodiscard]] const Array* array() const noexcept { return std::get_if<Array>(this); }
  [[nodiscard]] const Object* object() const noexcept { return std::get_if<Object>(this); }
  [[nodiscard]] std::string_view text_or_empty() const noexcept;

  // The member of an object; nullptr when there is none.
  [[nodiscard]] const Value* member(std::string_view key) const noexcept;

  // Moves a member of an object out, as it may be large. Null when there is none.
  [[nodiscard]] Value take_member(std::string_view key);

 private:
  friend class Builder;
};

// Fails with `malformed`, by default json-form, when `text` is not one value of the strict profile.
Result<Value> parse(ByteView text, StaticText tag = "json-form");

// Takes the members of an untrusted object by name and type, and notices what is left over.
//
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
