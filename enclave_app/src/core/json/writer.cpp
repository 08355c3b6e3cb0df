#include "json/writer.hpp"

namespace ben::json {

std::string quote(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string quoted = "\"";
  quoted.reserve(text.size() + 2);
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
  return quoted.append("\"");
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
