#include "json/writer.hpp"

namespace ben::json {
namespace {

// Appends in place: the text may be a whole PSBT.
void append_quoted(std::string& quoted, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  quoted.reserve(quoted.size() + text.size() + 2);
  quoted.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted.append({'\\', c});
    } else if (byte < 0x20) {
      quoted.append("\\u00").append({digits[byte >> 4U], digits[byte & 0x0fU]});
    } else {
      quoted.push_back(c);
    }
  }
  quoted.push_back('"');
}

}  // namespace

std::string quote(std::string_view text) {
  std::string quoted;
  append_quoted(quoted, text);
  return quoted;
}

void ObjectWriter::begin(std::string_view key) {
  text_.push_back(text_.empty() ? '{' : ',');
  append_quoted(text_, key);
  text_.push_back(':');
}

ObjectWriter& ObjectWriter::text(std::string_view key, std::string_view value) {
  begin(key);
  append_quoted(text_, value);
  return *this;
}

ObjectWriter& ObjectWriter::raw(std::string_view key, std::string_view json) {
  begin(key);
  text_.append(json);
  return *this;
}

ArrayWriter& ArrayWriter::raw(std::string_view json) {
  text_.append(text_.empty() ? "[" : ",").append(json);
  return *this;
}

}  // namespace ben::json
