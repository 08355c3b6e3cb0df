#include <algorithm>
#include <memory>

#include "base/writer.hpp"
#include "eif/header.hpp"
#include "eif/image.hpp"
#include "eif/measurer.hpp"
#include "eif/output_file.hpp"

namespace ben::eif {
namespace {

struct Part {
  SectionType type;
  std::unique_ptr<Input> data;
};

// `source` has to outlive the input.
Result<std::unique_ptr<Input>> open_source(const Source& source) {
  if (const auto* bytes = std::get_if<Bytes>(&source)) return {std::make_unique<MemoryInput>(*bytes)};
  auto file = FileInput::open(std::get<std::filesystem::path>(source));
  if (!file) return file.error();
  return {*std::move(file)};
}

Result<> admit_options(const BuildOptions& options) {
  if (options.cmdline.size() > cmdline_bytes_max || options.cmdline.find('\0') != std::string::npos) {
    return Error{ErrorCode::malformed, "eif-cmdline", "image: the command line is too long or holds a NUL"};
  }
  if (options.ramdisks.empty() || options.ramdisks.size() > ramdisks_max) {
    return Error{ErrorCode::malformed, "eif-ramdisks", "image: want 1 to 29 ramdisks"};
  }
  return Ok{};
}

// In AWS's order: kernel, command line, metadata, ramdisks. The views are into `options` and `metadata`.
Result<std::vector<Part>> open_parts(const BuildOptions& options, const Bytes& metadata) {
  std::vector<Part> parts;
  auto kernel = open_source(options.kernel);
  if (!kernel) return kernel.error();
  parts.push_back({SectionType::kernel, *std::move(kernel)});
  parts.push_back({SectionType::cmdline, std::make_unique<MemoryInput>(as_bytes(options.cmdline))});
  parts.push_back({SectionType::metadata, std::make_unique<MemoryInput>(metadata)});
  for (const Source& source : options.ramdisks) {
    auto ramdisk = open_source(source);
    if (!ramdisk) return ramdisk.error();
    parts.push_back({SectionType::ramdisk, *std::move(ramdisk)});
  }
  return parts;
}

std::vector<Section> lay_out(const std::vector<Part>& parts) {
  std::vector<Section> sections;
  std::uint64_t offset = header_bytes;
  for (const Part& part : parts) {
    sections.push_back({part.type, offset + section_header_bytes, part.data->size()});
    offset += section_header_bytes + part.data->size();
  }
  return sections;
}

Result<> append_section(OutputFile& output, Measurer& measurer, const Part& part) {
  const Bytes header = encode_section_header(part.type, part.data->size());
  measurer.add_header(header);
  if (const auto appended = output.append(header); !appended) return appended;

  measurer.begin_section(part.type);
  Bytes buffer;
  for (std::uint64_t offset = 0; offset < part.data->size(); offset += buffer.size()) {
    buffer.resize(std::min<std::uint64_t>(part.data->size() - offset, copy_bytes));
    if (const auto read = part.data->read_at(offset, buffer); !read) return read;
    measurer.add_data(buffer);
    if (const auto appended = output.append(buffer); !appended) return appended;
  }
  return Ok{};
}

}  // namespace

Result<Measurements> build_eif(const BuildOptions& options) {
  if (const auto admitted = admit_options(options); !admitted) return admitted.error();
  const auto metadata = encode_metadata(options.metadata);
  if (!metadata) return metadata.error();
  const auto parts = open_parts(options, *metadata);
  if (!parts) return parts.error();

  const auto output = OutputFile::create(options.output);
  if (!output) return output.error();
  Measurer measurer;
  const Bytes header = encode_header(table_of(lay_out(*parts)));
  measurer.add_header(header);
  if (const auto appended = (*output)->append(header); !appended) return appended.error();
  // The checksum covers what follows it, so its place is filled last.
  if (const auto appended = (*output)->append(ByteArray<4>{}); !appended) return appended.error();
  for (const Part& part : *parts) {
    const auto appended = append_section(**output, measurer, part);
    if (!appended) return appended.error();
  }
  const auto patched = (*output)->overwrite(header_crc_offset, Writer().u32_be(measurer.crc()).take());
  if (!patched) return patched.error();
  if (const auto committed = (*output)->commit(); !committed) return committed.error();
  return measurer.finish();
}

}  // namespace ben::eif
