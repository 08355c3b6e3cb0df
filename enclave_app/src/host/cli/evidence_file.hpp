// Evidence as files: a document as raw bytes or as base64 text.
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace ben::cli {

// What is neither is returned as it is, for the verifier to refuse. Stops: file-read.
Bytes read_document_file(const std::string& path);

}  // namespace ben::cli
