#include "json/writer.hpp"

#include "base/hex.hpp"

namespace ben::json {
namespace {

// Appends in place: the text may be a whole PSBT.
void append_quoted(std::string& quoted, std::string_view text) {
  quoted.reserve(quoted.size() + text.size() + 2);
  quoted.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted.append({'\\', c});
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted.append("\\u00").append(encode_hex(as_bytes({&c, 1})));
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

ObjectWriter& ObjectWriter::text(std::string_view key, std::string_view value) {
  append_quoted(raw(key, "").text_, value);
  return *this;
}

ObjectWriter& ObjectWriter::raw(std::string_view key, std::string_view json) {
  text_.append(text_.empty() ? "{" : ",").append(quote(key)).append(":").append(json);
  return *this;
}

ArrayWriter& ArrayWriter::raw(std::string_view json) {
  text_.append(text_.empty() ? "[" : ",").append(json);
  return *this;
}

}  // namespace ben::json
