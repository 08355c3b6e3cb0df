// JSON of the strict profile: what comes from outside becomes a Value or an error, and nothing else.
//
// UTF-8, depth at most 16, no duplicate keys, integers of 64 bits only, no comments, nothing after the value.
#pragma once

#include "base/result.hpp"

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

}  // namespace ben::json
