// Reads the test vector sections of BIPs, which are wiki text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ben::bitcoin::test {

// The lines of `text` from the one that contains `start` up to the next that contains `end`.
inline std::vector<std::string> lines_between(std::string_view text, std::string_view start,
                                              std::string_view end) {
  std::vector<std::string> lines;
  const std::size_t first = text.find(start);
  if (first == std::string_view::npos) return lines;
  text = text.substr(first);
  const std::size_t last = end.empty() ? std::string_view::npos : text.find(end, start.size());
  text = text.substr(0, last);
  while (!text.empty()) {
    const std::size_t line_end = text.find('\n');
    lines.emplace_back(text.substr(0, line_end));
    text = line_end == std::string_view::npos ? std::string_view{} : text.substr(line_end + 1);
  }
  return lines;
}

// The contents of each <tt>...</tt> of a line.
inline std::vector<std::string> code_of(std::string_view line) {
  std::vector<std::string> code;
  for (std::size_t at = line.find("<tt>"); at != std::string_view::npos; at = line.find("<tt>", at)) {
    const std::size_t end = line.find("</tt>", at);
    code.emplace_back(line.substr(at + 4, end - at - 4));
    at = end;
  }
  return code;
}

// The word after `label` in the first line that has it, or nothing.
inline std::string word_after(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return {};
  const std::size_t start = text.find_first_not_of(" =:", at + label.size());
  return std::string(text.substr(start, text.find_first_of(" \n,", start) - start));
}

}  // namespace ben::bitcoin::test
