#include "cli/output.hpp"

#include <algorithm>

namespace ben::cli {
namespace {

std::string label_of(std::string_view name) {
  std::string label(name);
  std::replace(label.begin(), label.end(), '_', ' ');
  return label;
}

}  // namespace

Output& Output::fact(std::string_view name, std::string_view text) {
  object_.text(name, text);
  lines_.push_back({.name = label_of(name), .text = printable(text)});
  return *this;
}

Output& Output::fact(std::string_view name, std::int64_t number) {
  object_.integer(name, number);
  lines_.push_back({.name = label_of(name), .text = std::to_string(number)});
  return *this;
}

Output& Output::yes_or_no(std::string_view name, bool yes) {
  object_.raw(name, yes ? "true" : "false");
  lines_.push_back({.name = label_of(name), .text = yes ? "yes" : "no"});
  return *this;
}

Output& Output::fact_or_none(std::string_view name, const std::optional<std::string>& text) {
  if (text) return fact(name, *text);
  object_.null(name);
  lines_.push_back({.name = label_of(name), .text = "none"});
  return *this;
}

Output& Output::json_fact(std::string_view name, std::string_view json) {
  object_.raw(name, json);
  return *this;
}

Output& Output::line(std::string_view text) {
  lines_.push_back({.name = {}, .text = std::string(text)});
  return *this;
}

Output& Output::content(std::string_view bytes) {
  content_ = bytes;
  return *this;
}

Output& Output::whole(std::string_view text) {
  whole_ = text;
  return *this;
}

std::string Output::text() {
  if (whole_) return *whole_;
  if (as_json_) return object_.finish() + "\n";
  if (content_) return *content_;
  std::size_t width = 0;
  for (const Line& line : lines_) width = std::max(width, line.name.size());
  std::string text;
  for (const Line& line : lines_) {
    if (!line.name.empty()) text.append(line.name).append(width + 2 - line.name.size(), ' ');
    text.append(line.text).append("\n");
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string shown(text);
  std::replace_if(shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return shown;
}

std::string indent_json(std::string_view json) {
  std::string text;
  std::size_t depth = 0;
  bool in_string = false;
  const auto break_line = [&] { text.append("\n").append(2 * depth, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      text.push_back(c);
      if (c == '\\') text.push_back(json[++i]);
      if (c == '"') in_string = false;
      continue;
    }
    const bool opens = c == '{' || c == '[';
    const bool closes = c == '}' || c == ']';
    const bool is_empty = closes && (json[i - 1] == '{' || json[i - 1] == '[');
    if (closes && !is_empty) {
      --depth;
      break_line();
    }
    text.push_back(c);
    in_string = c == '"';
    if (opens && i + 1 < json.size() && json[i + 1] != '}' && json[i + 1] != ']') {
      ++depth;
      break_line();
    }
    if (c == ',') break_line();
    if (c == ':') text.push_back(' ');
  }
  text.push_back('\n');
  return text;
}

}  // namespace ben::cli
