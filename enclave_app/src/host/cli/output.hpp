// What a command has to say: the same facts as aligned lines for people or as one JSON object for programs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/writer.hpp"

namespace ben::cli {

class Output {
 public:
  explicit Output(bool as_json) noexcept : as_json_(as_json) {}

  [[nodiscard]] bool as_json() const noexcept { return as_json_; }

  // A member of the object; a line "name  value" for people, with spaces for underscores.
  Output& fact(std::string_view name, std::string_view text);
  Output& fact(std::string_view name, std::int64_t number);
  Output& yes_or_no(std::string_view name, bool yes);  // a boolean for programs
  Output& fact_or_none(std::string_view name, const std::optional<std::string>& text);

  // A member that people do not see in this form, and a line that programs do not see.
  Output& json_fact(std::string_view name, std::string_view json);
  Output& line(std::string_view text);

  // A file's content that stands alone for people: facts and lines are left out then.
  Output& content(std::string_view bytes);

  // A text that stands alone in both forms: an answer in a format that others have fixed.
  Output& whole(std::string_view text);

  // Everything said.
  [[nodiscard]] std::string text();

 private:
  struct Line {
    std::string name;  // empty: the text stands alone
    std::string text;
  };

  bool as_json_;
  json::ObjectWriter object_;
  std::vector<Line> lines_;
  std::optional<std::string> content_;
  std::optional<std::string> whole_;
};

// Control characters, and whatever is not ASCII, as '?': what a node sends must not steer a terminal.
[[nodiscard]] std::string printable(std::string_view text);

// The same JSON text with line breaks, for files that people read. `json`: valid, without white space.
[[nodiscard]] std::string indent_json(std::string_view json);

}  // namespace ben::cli
