#include <charconv>
#include <optional>
#include <sstream>

#include "eif/cpio.hpp"

namespace ben::eif {
namespace {

std::vector<std::string> split_words(std::string_view line) {
  std::istringstream stream{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(std::move(word));
  return words;
}

// The whole of `text` as a number, or nothing.
std::optional<std::uint32_t> parse_number(const std::string& text, int base) {
  std::uint32_t value = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value, base);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

std::optional<ManifestEntry> parse_line(const std::vector<std::string>& words,
                                        const std::filesystem::path& folder) {
  const std::string& kind = words[0];
  const std::size_t mode_at = kind == "file" ? 3 : 2;
  const std::size_t word_count = kind == "dir" ? 3 : kind == "file" ? 4 : kind == "nod" ? 5 : 0;
  if (words.size() != word_count || !words[1].starts_with('/')) return std::nullopt;
  const auto permissions = parse_number(words[mode_at], 8);
  if (!permissions) return std::nullopt;

  ManifestEntry entry{.path = words[1].substr(1), .permissions = *permissions, .source = {}};
  if (kind == "dir") entry.kind = EntryKind::folder;
  if (kind == "file") entry.source = folder / words[2];
  if (kind == "nod") {
    const auto major = parse_number(words[3], 10);
    const auto minor = parse_number(words[4], 10);
    if (!major || !minor) return std::nullopt;
    entry.kind = EntryKind::character_device;
    entry.device_major = *major;
    entry.device_minor = *minor;
  }
  return entry;
}

std::optional<Packing> parse_packing(const std::vector<std::string>& words) {
  if (words.size() != 2) return std::nullopt;
  if (words[1] == "plain") return Packing::plain;
  if (words[1] == "gzip") return Packing::gzip;
  return std::nullopt;
}

bool take_line(const std::vector<std::string>& words, const std::filesystem::path& folder,
               Manifest& manifest) {
  if (words[0] == "packing") {
    const auto packing = parse_packing(words);
    if (packing) manifest.packing = *packing;
    return packing.has_value();
  }
  auto entry = parse_line(words, folder);
  if (!entry) return false;
  manifest.entries.push_back(*std::move(entry));
  return true;
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, const std::filesystem::path& folder,
                                std::size_t* failed_line) {
  Manifest manifest;
  std::istringstream lines{std::string(text)};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto words = split_words(line);
    if (words.empty() || words[0].starts_with('#')) continue;
    if (take_line(words, folder, manifest)) continue;
    if (failed_line != nullptr) *failed_line = number;
    return Error{ErrorCode::malformed, "manifest-line",
                 "manifest: want 'packing plain|gzip', 'dir /PATH MODE', 'file /PATH SOURCE MODE' or "
                 "'nod /PATH MODE MAJOR MINOR'"};
  }
  return manifest;
}

}  // namespace ben::eif
