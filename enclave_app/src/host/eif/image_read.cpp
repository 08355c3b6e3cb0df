#include <algorithm>

#include "eif/header.hpp"
#include "eif/image.hpp"
#include "eif/measurer.hpp"
#include "eif/output_file.hpp"

namespace ben::eif {
namespace {

// The sections that are read whole, and the size that each may have.
struct SmallSections {
  Bytes cmdline;
  Bytes metadata;
  std::optional<Bytes> signature;
};

Result<> admit_size(const Section& section) {
  if (section.type == SectionType::cmdline && section.bytes > cmdline_bytes_max) {
    return Error{ErrorCode::malformed, "eif-cmdline", "image: the command line is too long"};
  }
  if (section.type == SectionType::metadata && section.bytes > metadata_bytes_max) {
    return Error{ErrorCode::malformed, "eif-metadata", "image: the metadata are over 128 KiB"};
  }
  if (section.type == SectionType::signature && section.bytes > signature_bytes_max) {
    return Error{ErrorCode::malformed, "eif-signature", "image: the signature section is over 32768 bytes"};
  }
  return Ok{};
}

// Checks what one section may be after the others.
Result<> admit_place(SectionType type, const std::vector<Section>& earlier) {
  const auto count = [&](SectionType wanted) { return std::ranges::count(earlier, wanted, &Section::type); };
  if (type != SectionType::ramdisk && count(type) != 0) {
    return Error{ErrorCode::malformed, "eif-section-twice", "image: a section comes twice"};
  }
  constexpr Error bad_order{ErrorCode::malformed, "eif-section-order",
                            "image: kernel, command line and ramdisks have to come in this order"};
  if (type == SectionType::cmdline && count(SectionType::kernel) == 0) return bad_order;
  if (type == SectionType::ramdisk && count(SectionType::cmdline) == 0) return bad_order;
  return Ok{};
}

Result<> admit_whole(const std::vector<Section>& sections) {
  for (const SectionType needed :
       {SectionType::kernel, SectionType::cmdline, SectionType::metadata, SectionType::ramdisk}) {
    if (std::ranges::count(sections, needed, &Section::type) == 0) {
      return Error{ErrorCode::malformed, "eif-section-missing",
                   "image: kernel, command line, metadata and a ramdisk have to be there"};
    }
  }
  return Ok{};
}

// Finds the section whose header is at `offset`.
Result<Section> read_section(const Input& image, std::uint64_t offset) {
  const std::uint64_t remaining = image.size() - offset;
  if (remaining == 0) {
    return Error{ErrorCode::malformed, "eif-section-count", "image: fewer sections than the header says"};
  }
  constexpr Error too_large{ErrorCode::malformed, "eif-section-size", "image: a section passes the end"};
  if (remaining < section_header_bytes) return too_large;
  ByteArray<section_header_bytes> bytes{};
  if (const auto read = image.read_at(offset, bytes); !read) return read.error();
  const auto header = parse_section_header(bytes);
  if (!header) return header.error();
  if (header->bytes > remaining - section_header_bytes) return too_large;
  return Section{header->type, offset + section_header_bytes, header->bytes};
}

// Walks over all section headers. `at`: always the offset looked at.
Result<std::vector<Section>> read_sections(const Input& image, const SectionTable& table, std::uint64_t& at) {
  std::vector<Section> sections;
  at = header_bytes;
  while (sections.size() < table.count) {
    const auto section = read_section(image, at);
    if (!section) return section.error();
    if (const auto admitted = admit_place(section->type, sections); !admitted) return admitted.error();
    if (const auto admitted = admit_size(*section); !admitted) return admitted.error();
    sections.push_back(*section);
    at = section->offset + section->bytes;
  }
  if (at != image.size()) {
    return Error{ErrorCode::malformed, "eif-trailing", "image: bytes follow the last section of the header"};
  }
  if (const auto admitted = admit_whole(sections); !admitted) return admitted.error();
  at = 0;
  // AWS's tools walk the file, QEMU goes by the table: where they differ, so would the image.
  if (table != table_of(sections)) {
    return Error{ErrorCode::malformed, "eif-section-table",
                 "image: the header's table is not that of the sections"};
  }
  return sections;
}

Bytes* destination_of(SectionType type, SmallSections& small) {
  switch (type) {
    case SectionType::cmdline:
      return &small.cmdline;
    case SectionType::metadata:
      return &small.metadata;
    case SectionType::signature:
      return &small.signature.emplace();
    case SectionType::kernel:
    case SectionType::ramdisk:
      return nullptr;
  }
  return nullptr;
}

Result<> measure_section(const Input& image, const Section& section, Measurer& measurer, Bytes* destination) {
  measurer.add_header(encode_section_header(section.type, section.bytes));
  measurer.begin_section(section.type);
  const std::uint64_t end = section.offset + section.bytes;
  Bytes buffer;
  for (std::uint64_t offset = section.offset; offset < end; offset += buffer.size()) {
    buffer.resize(std::min<std::uint64_t>(end - offset, copy_bytes));
    if (const auto read = image.read_at(offset, buffer); !read) return read;
    measurer.add_data(buffer);
    if (destination != nullptr) destination->insert(destination->end(), buffer.begin(), buffer.end());
  }
  return Ok{};
}

std::uint64_t offset_of(SectionType type, const std::vector<Section>& sections) {
  return std::ranges::find(sections, type, &Section::type)->offset;
}

Result<> describe_contents(const SmallSections& small, Description& description, std::uint64_t& at) {
  at = offset_of(SectionType::cmdline, description.sections);
  description.cmdline = as_text(small.cmdline);
  if (description.cmdline.find('\0') != std::string::npos) {
    return Error{ErrorCode::malformed, "eif-cmdline", "image: the command line holds a NUL"};
  }
  at = offset_of(SectionType::metadata, description.sections);
  auto metadata = parse_metadata(small.metadata);
  if (!metadata) return metadata.error();
  description.metadata = *std::move(metadata);

  if (!small.signature) return Ok{};
  at = offset_of(SectionType::signature, description.sections);
  auto certificate = verify_signature(*small.signature, description.measurements.pcr0);
  if (!certificate) return certificate.error();
  description.measurements.pcr8 = extend_from_zero(sha384({ByteView(certificate->der)}));
  description.certificate = *std::move(certificate);
  return Ok{};
}

Result<Description> describe(const Input& image, Architecture expected, std::uint64_t& at) {
  ByteArray<header_bytes> bytes{};
  if (image.size() < bytes.size()) {
    return Error{ErrorCode::malformed, "eif-header", "image: the file is shorter than its header"};
  }
  if (const auto read = image.read_at(0, bytes); !read) return read.error();
  const auto header = parse_header(bytes, at);
  if (!header) return header.error();
  if (header->architecture != expected) {
    at = header_flags_offset;
    return Error{ErrorCode::refused, "eif-architecture", "image: built for another processor architecture"};
  }
  auto sections = read_sections(image, header->table, at);
  if (!sections) return sections.error();

  Measurer measurer;
  SmallSections small;
  measurer.add_header(ByteView(bytes).first(header_crc_offset));
  for (const Section& section : *sections) {
    at = section.offset;
    const auto measured = measure_section(image, section, measurer, destination_of(section.type, small));
    if (!measured) return measured.error();
  }
  at = header_crc_offset;
  if (measurer.crc().value() != header->crc) {
    return Error{ErrorCode::malformed, "eif-crc", "image: the checksum is wrong: the file is damaged"};
  }

  Description description{.measurements = measurer.finish(),
                          .metadata = {},
                          .cmdline = {},
                          .sections = *std::move(sections),
                          .certificate = std::nullopt,
                          .architecture = header->architecture,
                          .file_bytes = image.size()};
  if (const auto described = describe_contents(small, description, at); !described) return described.error();
  return description;
}

}  // namespace

Result<Description> describe_eif(const Input& image, std::uint64_t* failed_at, Architecture expected) {
  std::uint64_t at = 0;
  auto description = describe(image, expected, at);
  if (!description && failed_at != nullptr) *failed_at = at;
  return description;
}

Result<Description> describe_eif(const std::filesystem::path& path, std::uint64_t* failed_at,
                                 Architecture expected) {
  const auto image = FileInput::open(path);
  if (!image) {
    if (failed_at != nullptr) *failed_at = 0;
    return image.error();
  }
  return describe_eif(**image, failed_at, expected);
}

Result<Measurements> measure_eif(const std::filesystem::path& path, std::uint64_t* failed_at,
                                 Architecture expected) {
  const auto description = describe_eif(path, failed_at, expected);
  if (!description) return description.error();
  return description->measurements;
}

}  // namespace ben::eif
