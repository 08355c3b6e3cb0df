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
  const std::size_t most = options.signer ? ramdisks_max - 1 : ramdisks_max;
  if (options.ramdisks.empty() || options.ramdisks.size() > most) {
    return Error{ErrorCode::malformed, "eif-ramdisks", "image: want 1 to 29 ramdisks, 28 in a signed image"};
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

// Writes sections one after the other and measures them as they pass; then the header, which speaks of all.
class ImageWriter {
 public:
  explicit ImageWriter(OutputFile& output) : output_(output) {}

  // Leaves room for the header.
  Result<> begin() { return output_.append(ByteArray<header_bytes>{}); }

  Result<> append(SectionType type, const Input& data) {
    const Bytes header = encode_section_header(type, data.size());
    measurer_.add_header(header);
    if (const auto appended = output_.append(header); !appended) return appended;
    sections_.push_back({type, end_ + section_header_bytes, data.size()});
    end_ += section_header_bytes + data.size();

    measurer_.begin_section(type);
    for (std::uint64_t offset = 0; offset < data.size(); offset += buffer_.size()) {
      buffer_.resize(std::min<std::uint64_t>(data.size() - offset, copy_bytes));
      if (const auto read = data.read_at(offset, buffer_); !read) return read;
      measurer_.add_data(buffer_);
      if (const auto appended = output_.append(buffer_); !appended) return appended;
    }
    return Ok{};
  }

  // The measurements without PCR8. No section is measured after this.
  Measurements measure() { return measurer_.finish(); }

  Result<> end(Architecture architecture) {
    Bytes header = encode_header(architecture, table_of(sections_));
    const Crc32 header_crc = Crc32().update(header);
    const std::uint32_t crc = header_crc.value_followed_by(measurer_.crc(), end_ - header_bytes);
    const Bytes crc_bytes = Writer().u32_be(crc).take();
    header.insert(header.end(), crc_bytes.begin(), crc_bytes.end());
    if (const auto written = output_.overwrite(0, header); !written) return written;
    return output_.commit();
  }

 private:
  OutputFile& output_;
  Measurer measurer_;
  std::vector<Section> sections_;
  std::uint64_t end_ = header_bytes;
  Bytes buffer_;
};

// Signs what was measured and appends that.
Result<> append_signature(ImageWriter& writer, const SigningIdentity& signer, Measurements& measurements) {
  const auto signature = sign_pcr0(measurements.pcr0, signer);
  if (!signature) return signature.error();
  const auto certificate = verify_signature(*signature, measurements.pcr0);
  if (!certificate) return certificate.error();
  measurements.pcr8 = extend_from_zero(sha384({ByteView(certificate->der)}));
  return writer.append(SectionType::signature, MemoryInput(*signature));
}

Result<Measurements> write_image(const std::vector<Part>& parts, Architecture architecture,
                                 const std::optional<SigningIdentity>& signer,
                                 const std::filesystem::path& path) {
  const auto output = OutputFile::create(path);
  if (!output) return output.error();
  ImageWriter writer(**output);
  if (const auto begun = writer.begin(); !begun) return begun.error();
  for (const Part& part : parts) {
    if (const auto appended = writer.append(part.type, *part.data); !appended) return appended.error();
  }
  Measurements measurements = writer.measure();
  if (signer) {
    const auto appended = append_signature(writer, *signer, measurements);
    if (!appended) return appended.error();
  }
  if (const auto ended = writer.end(architecture); !ended) return ended.error();
  return measurements;
}

}  // namespace

Result<Measurements> build_eif(const BuildOptions& options) {
  if (const auto admitted = admit_options(options); !admitted) return admitted.error();
  const auto metadata = encode_metadata(options.metadata);
  if (!metadata) return metadata.error();
  const auto parts = open_parts(options, *metadata);
  if (!parts) return parts.error();
  return write_image(*parts, options.architecture, options.signer, options.output);
}

Result<Measurements> sign_eif(const Input& image, const Description& description,
                              const SigningIdentity& signer, const std::filesystem::path& output) {
  std::vector<Part> parts;
  for (const Section& section : description.sections) {
    if (section.type == SectionType::signature) continue;
    parts.push_back({section.type, std::make_unique<WindowInput>(image, section.offset, section.bytes)});
  }
  if (parts.size() == sections_max) {
    return Error{ErrorCode::malformed, "eif-ramdisks", "image: want 1 to 29 ramdisks, 28 in a signed image"};
  }
  return write_image(parts, description.architecture, signer, output);
}

}  // namespace ben::eif
