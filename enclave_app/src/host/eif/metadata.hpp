// The metadata section of an enclave image: who built what. It is not measured, so it proves nothing.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ben::eif {

// A JSON value costs up to 30 times its text in memory, and the reader has 16 MiB. `docker inspect`, the
// longest that nitro-cli writes, gives some 10 KiB.
inline constexpr std::size_t metadata_bytes_max = std::size_t{128} << 10;
inline constexpr std::size_t custom_metadata_bytes_max =
    4096;  // aws-nitro-enclaves-image-format, identity.rs

// The defaults name no clock and no machine: the same inputs give the same image.
struct Metadata {
  std::string image_name;
  std::string image_version;
  std::string build_time = "1970-01-01T00:00:00+00:00";
  std::string build_tool = "bitcoin-enclave-node";
  std::string build_tool_version = "0.1.0";
  std::string operating_system = "Linux";
  std::string kernel_version = "unknown";
  std::string docker_info = "null";      // a JSON value, compact
  std::string custom_metadata = "null";  // a JSON object or null, compact
};

// The section's bytes, as AWS's eif_build writes them: compact, keys of free values sorted. Fails with
// `malformed` (eif-metadata) when a text is not UTF-8, a free value is not JSON or holds a number that is no
// 64-bit integer (its spelling would not be fixed), or custom_metadata is neither object nor null or longer
// than its limit.
Result<Bytes> encode_metadata(const Metadata& metadata);

// Fails with `malformed` (eif-metadata): too large, not JSON or not UTF-8, nested deeper than 16, a key
// twice, a key missing or unknown, a value of the wrong type.
Result<Metadata> parse_metadata(ByteView section);

// The names of the fields, as in the section, in which two differ.
[[nodiscard]] std::vector<std::string> changed_fields(const Metadata& a, const Metadata& b);

}  // namespace ben::eif
