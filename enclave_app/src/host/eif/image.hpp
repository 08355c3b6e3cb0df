// Enclave image files (EIF), version 4: build, sign, describe, measure (aws-nitro-enclaves-image-format).
//
// offset  size  field (big-endian)
//      0     4  magic ".eif"
//      4     2  version, 4
//      6     2  flags: 0 for x86_64, 1 for aarch64
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

// As in the header's flags. Nothing measures it.
enum class Architecture : std::uint8_t { x86_64 = 0, aarch64 = 1 };

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
  Architecture architecture = Architecture::x86_64;
  // Takes a section: then at most 28 ramdisks.
  // NOLINTNEXTLINE(readability-redundant-member-init): without it a designated initializer has to name it
  std::optional<SigningIdentity> signer = std::nullopt;
  std::filesystem::path output;
};

// Writes an image, byte for byte what AWS's eif_build writes for the same inputs and metadata (but for the
// ECDSA value of a signature), whole or not at all, and returns what describe_eif will. Fails with
// `malformed` (eif-cmdline, eif-ramdisks, eif-metadata, and those of sign_pcr0) or `unavailable` (eif-file:
// an input cannot be read; eif-output).
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
  Architecture architecture = Architecture::x86_64;
  std::uint64_t file_bytes = 0;
};

// Reads an image that nobody vouches for, in pieces, and refuses every file of which two readers could make
// two images. Kernel, command line and ramdisks have to come in this order, the others anywhere.
//
// Fails with `malformed`: eif-header, eif-magic, eif-version, eif-flags, eif-reserved, eif-section-count,
// eif-section-type, eif-section-flags, eif-section-size, eif-section-table (the header's offsets and sizes
// differ from the sections found), eif-section-order, eif-section-twice, eif-section-missing, eif-trailing,
// eif-crc, eif-cmdline, eif-metadata; `refused`: eif-architecture (not the one `expected`: no measurement
// shows it); those of verify_signature; `unavailable`: eif-file. `failed_at`, if given, then is the file
// offset of what was refused.
Result<Description> describe_eif(const Input& image, std::uint64_t* failed_at = nullptr,
                                 Architecture expected = Architecture::x86_64);
Result<Description> describe_eif(const std::filesystem::path& path, std::uint64_t* failed_at = nullptr,
                                 Architecture expected = Architecture::x86_64);

// The same checks, the measurements alone.
Result<Measurements> measure_eif(const std::filesystem::path& path, std::uint64_t* failed_at = nullptr,
                                 Architecture expected = Architecture::x86_64);

// Writes `image`, which `description` is of, with a signature instead of the one it may have. What nothing
// measures and AWS's builder fixes (default memory and CPUs) is written as there. Fails as build_eif does.
Result<Measurements> sign_eif(const Input& image, const Description& description,
                              const SigningIdentity& signer, const std::filesystem::path& output);

// Writes each section to a file of its own in `folder`, which must not exist and appears whole or not at all:
// kernel, cmdline, metadata.json, ramdisk0 and on, signature.cbor; and below ramdisk0.files and on the files
// and folders of a ramdisk that write_cpio could have written. Fails with `unavailable` (eif-file,
// eif-output).
Result<> extract_eif(const Input& image, const Description& description, const std::filesystem::path& folder);

// JSON in the words and order of `nitro-cli build-enclave` ({"Measurements": ...}), of what its command
// `describe-enclaves --metadata` adds, and of `nitro-cli describe-eif`, indented by two spaces, without a
// newline at the end.
[[nodiscard]] std::string encode_measurements(const Measurements& measurements);
[[nodiscard]] std::string describe_metadata(const Metadata& metadata);
[[nodiscard]] std::string encode_description(const Description& description);

}  // namespace ben::eif
