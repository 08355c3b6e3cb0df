// PSBT files, binary or base64: what came in one form goes out in the same.
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "bitcoin/psbt.hpp"
#include "cli/output.hpp"

namespace ben::cli {

inline constexpr std::size_t psbt_text_bytes_max = (bitcoin::psbt_bytes_max + 2) / 3 * 4;

struct PsbtFile {
  Bytes bytes;
  bool is_text = false;  // base64
};

// `path`: "-" for standard input. Stops: file-read, base64-form.
PsbtFile read_psbt_file(const std::string& path);

// Writes it to a new file, or says it where `path` is empty. Stops: file-exists, file-write.
void say_psbt(const PsbtFile& psbt, const std::string& path, Output& output);

}  // namespace ben::cli
