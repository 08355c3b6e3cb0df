#include "cli/psbt_file.hpp"

#include "base/base64.hpp"
#include "cli/files.hpp"
#include "cli/stop.hpp"
#include "json/writer.hpp"

namespace ben::cli {

PsbtFile read_psbt_file(const std::string& path) {
  Bytes bytes = read_file(path, psbt_text_bytes_max + 2);
  if (as_text(bytes).starts_with("psbt\xff")) return {.bytes = std::move(bytes), .is_text = false};
  std::string_view text = as_text(bytes);
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' ')) text.remove_suffix(1);
  return {.bytes = value_or_stop(parse_base64(text), path), .is_text = true};
}

void say_psbt(const PsbtFile& psbt, const std::string& path, Output& output) {
  const std::string text = encode_base64(psbt.bytes);
  const std::string content = psbt.is_text ? text + "\n" : std::string(as_text(psbt.bytes));
  if (path.empty()) {
    output.json_fact("psbt", json::quote(text)).content(content);
    return;
  }
  write_new_file(path, as_bytes(content));
  output.fact("file", path);
}

}  // namespace ben::cli
