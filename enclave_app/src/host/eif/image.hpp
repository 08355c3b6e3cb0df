// Enclave image files (EIF), version 4: build, describe, measure (aws-nitro-enclaves-image-format).
//
// offset  size  field (big-endian)
//      0     4  magic ".eif"
//      4     2  version, 4
//      6     2  flags, 0 (bit 0: aarch64, which is not supported)
//      8     8  default memory in bytes
//     16     8  default CPUs
//     24     2  reserved, 0
//     26     2  number of sections, 4 to 32
//     28   256  offset of each section's header; unused: 0
//    284   256  size of each section's data; unused: 0
//    540     4  unused, 0
//    544     4  CRC-32 of the whole file but these four bytes
//    548        sections, back to back: u16 type, u16 flags 0, u64 size, data
//
// PCRx = SHA384(48 zero bytes ‖ SHA384(content)): PCR0 over kernel ‖ command line ‖ all ramdisks, PCR1 over
// kernel ‖ command line ‖ first ramdisk, PCR2 over the other ramdisks, PCR8 over the signing certificate.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "crypto/hash.hpp"
#include "eif/cpio.hpp"
#include "eif/input.hpp"
#include "eif/metadata.hpp"
#include "eif/signature.hpp"

namespace ben::eif {

inline constexpr std::size_t sections_max = 32;
inline constexpr std::size_t ramdisks_max = 29;         // 32 sections less kernel, command line and metadata
inline constexpr std::size_t cmdline_bytes_max = 2047;  // Linux on x86: COMMAND_LINE_SIZE with its NUL

// The whole kernel section of an image for the `process` platform, which boots no kernel.
inline constexpr std::string_view process_platform_kernel = "process platform: no kernel";

enum class SectionType : std::uint8_t { kernel = 1, cmdline = 2, ramdisk = 3, signature = 4, metadata = 5 };

struct Measurements {
  Hash384 pcr0{};
  Hash384 pcr1{};
  Hash384 pcr2{};
  std::optional<Hash384> pcr8;  // of a signed image

  friend bool operator==(const Measurements&, const Measurements&) = default;
};

struct BuildOptions {
  Source kernel;
  std::string cmdline;           // at most cmdline_bytes_max bytes, no NUL
  std::vector<Source> ramdisks;  // 1 to ramdisks_max
  Metadata metadata;
  std::filesystem::path output;
};

// Writes an unsigned image, byte for byte what AWS's eif_build writes for the same inputs and metadata, whole
// or not at all, and returns what describe_eif will. Fails with `malformed` (eif-cmdline, eif-ramdisks,
// eif-metadata) or `unavailable` (eif-file: an input cannot be read; eif-output).
Result<Measurements> build_eif(const BuildOptions& options);

struct Section {
  SectionType type;
  std::uint64_t offset;  // of its data in the file
  std::uint64_t bytes;   // of its data
};

struct Description {
  Measurements measurements;
  Metadata metadata;
  std::string cmdline;
  std::vector<Section> sections;                  // in file order
  std::optional<SigningCertificate> certificate;  // of a signed image, whose signature over PCR0 verified
  std::uint64_t file_bytes = 0;
};

// Reads an image that nobody vouches for, in pieces, and refuses every file of which two readers could make
// two images. Kernel, command line and ramdisks have to come in this order, the others anywhere.
//
// Fails with `malformed`: eif-header, eif-magic, eif-version, eif-flags, eif-reserved, eif-section-count,
// eif-section-type, eif-section-flags, eif-section-size, eif-section-table (the header's offsets and sizes
// differ from the sections found), eif-section-order, eif-section-twice, eif-section-missing, eif-trailing,
// eif-crc, eif-cmdline, eif-metadata, eif-signature, eif-certificate; `refused`: eif-signature-pcr0;
// `unavailable`: eif-file. `failed_at`, if given, then is the file offset of what was refused.
Result<Description> describe_eif(const Input& image, std::uint64_t* failed_at = nullptr);
Result<Description> describe_eif(const std::filesystem::path& path, std::uint64_t* failed_at = nullptr);

// The same checks, the measurements alone.
Result<Measurements> measure_eif(const std::filesystem::path& path, std::uint64_t* failed_at = nullptr);

// JSON in the words and order of `nitro-cli build-enclave` ({"Measurements": ...}) and `nitro-cli
// describe-eif`, indented by two spaces, without a newline at the end.
[[nodiscard]] std::string encode_measurements(const Measurements& measurements);
[[nodiscard]] std::string encode_description(const Description& description);

}  // namespace ben::eif
