// JSON as AWS speaks it. Reads fields of answers, which hold more, and other, than we need: floats, unknown
// fields.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ben {

using Json = nlohmann::json;

// A discarded value where `text` is not JSON.
[[nodiscard]] inline Json parse_json(std::string_view text) { return Json::parse(text, nullptr, false); }

// Never throws: what is not UTF-8 is replaced.
[[nodiscard]] inline std::string encode_json(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The member `name`, or null where there is none or `json` is no object.
[[nodiscard]] inline const Json& member(const Json& json, const char* name) {
  static const Json absent;
  if (!json.is_object()) return absent;
  const auto found = json.find(name);
  return found == json.end() ? absent : *found;
}

// The text of a member, empty where it is not a string.
[[nodiscard]] inline std::string text_at(const Json& json, const char* name) {
  const Json& value = member(json, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace ben
