// Writes JSON text without white space, members in the order they are given.
#pragma once

#include "base/bytes.hpp"

namespace ben::json {

// A JSON string: `text` must be UTF-8; control characters, quotes and backslashes are escaped.
[[nodiscard]] std::string quote(std::string_view text);

class ObjectWriter {
 public:
  ObjectWriter& text(std::string_view key, std::string_view value);
  ObjectWriter& integer(std::string_view key, std::int64_t value) { return raw(key, std::to_string(value)); }
  ObjectWriter& null(std::string_view key) { return raw(key, "null"); }
  ObjectWriter& text_or_null(std::string_view key, std::string_view value) {
    return value.empty() ? null(key) : text(key, value);
  }
  ObjectWriter& raw(std::string_view key, std::string_view json);  // `json`: one encoded value

  [[nodiscard]] std::string finish() { return std::move(text_.append(text_.empty() ? "{}" : "}")); }

 private:
  std::string text_;
};

class ArrayWriter {
 public:
  ArrayWriter& text(std::string_view value) { return raw(quote(value)); }
  ArrayWriter& raw(std::string_view json);

  [[nodiscard]] std::string finish() { return std::move(text_.append(text_.empty() ? "[]" : "]")); }

 private:
  std::string text_;
};

}  // namespace ben::json
