// JSON of the strict profile: what comes from outside becomes a Value or an error, and nothing else.
//
// UTF-8, depth at most 16, no duplicate keys, integers of 64 bits only, no comments, nothing after the value.
#pragma once

#include "base/result.hpp"

namespace ben::json {

inline constexpr std::size_t depth_max = 16;
inline constexpr std::size_t members_max = 128;  // of one object: the widest known one is a policy's 64 lists
inline constexpr std::size_t items_max =
    4096;  // of one array: the longest known one is an allow-list of 1,000
inline constexpr std::size_t values_max = 100'000;  // of one text, whatever its shape

class Value;
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;

// One JSON value. Reading it as another type than it has yields nullptr.
class Value {
 public:
  Value() = default;  // null
  explicit Value(bool boolean) : state_(boolean) {}
  explicit Value(std::int64_t integer) : state_(integer) {}
  explicit Value(std::string text) : state_(std::move(text)) {}
  explicit Value(Array array) : state_(std::move(array)) {}
  explicit Value(Object object) : state_(std::move(object)) {}

  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<std::monostate>(state_); }
  [[nodiscard]] const bool* boolean() const noexcept { return std::get_if<bool>(&state_); }
  [[nodiscard]] const std::int64_t* integer() const noexcept { return std::get_if<std::int64_t>(&state_); }
  [[nodiscard]] const std::string* text() const noexcept { return std::get_if<std::string>(&state_); }
  [[nodiscard]] const Array* array() const noexcept { return std::get_if<Array>(&state_); }
  [[nodiscard]] const Object* object() const noexcept { return std::get_if<Object>(&state_); }
  [[nodiscard]] std::string_view text_or_empty() const noexcept {
    return text() ? *text() : std::string_view();
  }

  // Moves a member of an object out, as it may be large. Null when there is none.
  [[nodiscard]] Value take_member(std::string_view key);

 private:
  friend class Builder;
  std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> state_;
};

// Fails with `malformed`, by default json-form, when `text` is not one value of the strict profile.
Result<Value> parse(ByteView text, StaticText tag = "json-form");

}  // namespace ben::json
