#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "eif/gzip.hpp"
#include "eif/header.hpp"
#include "eif/image.hpp"
#include "eif/output_file.hpp"

namespace ben::eif {
namespace {

constexpr Error not_made{ErrorCode::unavailable, "eif-output", "the folder could not be made"};

// A folder that appears under its name only when it is complete.
class OutputFolder {
 public:
  explicit OutputFolder(std::filesystem::path path) : path_(std::move(path)) {
    std::string name = path_.string() + ".XXXXXX";
    if (!std::filesystem::exists(path_) && ::mkdtemp(name.data()) != nullptr) temporary_ = name;
  }
  ~OutputFolder() {
    std::error_code ignored;
    if (exists()) std::filesystem::remove_all(temporary_, ignored);
  }
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  OutputFolder(OutputFolder&&) = delete;
  OutputFolder& operator=(OutputFolder&&) = delete;

  [[nodiscard]] bool exists() const noexcept { return !temporary_.empty(); }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return temporary_ / name; }

  Result<> commit() {
    if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return not_made;
    temporary_.clear();
    return Ok{};
  }

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty: not made, or renamed
};

Result<> write_data(const Input& data, const std::filesystem::path& path) {
  const auto file = OutputFile::create(path);
  if (!file) return file.error();
  Bytes buffer;
  for (std::uint64_t offset = 0; offset < data.size(); offset += buffer.size()) {
    buffer.resize(std::min<std::uint64_t>(data.size() - offset, copy_bytes));
    if (const auto read = data.read_at(offset, buffer); !read) return read;
    if (const auto appended = (*file)->append(buffer); !appended) return appended;
  }
  return (*file)->commit();
}

// The files of a ramdisk, when it is of our form.
Result<> write_tree(const Input& ramdisk, const std::filesystem::path& folder) {
  const auto archive = open_archive(ramdisk);
  if (!archive) return archive.error().code == ErrorCode::malformed ? Result<>(Ok{}) : archive.error();
  const auto entries = list_cpio(**archive);
  if (!entries) return entries.error().code == ErrorCode::malformed ? Result<>(Ok{}) : entries.error();
  std::error_code failure;
  if (!std::filesystem::create_directory(folder, failure)) return not_made;
  return extract_cpio(**archive, *entries, folder);
}

std::string file_name_of(SectionType type, std::size_t ramdisk) {
  std::string name(name_of(type));
  if (type == SectionType::ramdisk) name += std::to_string(ramdisk);
  if (type == SectionType::signature) name += ".cbor";
  if (type == SectionType::metadata) name += ".json";
  return name;
}

}  // namespace

Result<> extract_eif(const Input& image, const Description& description,
                     const std::filesystem::path& folder) {
  OutputFolder output(folder);
  if (!output.exists()) return not_made;
  std::size_t ramdisks = 0;
  for (const Section& section : description.sections) {
    const bool is_ramdisk = section.type == SectionType::ramdisk;
    const std::string name = file_name_of(section.type, is_ramdisk ? ramdisks++ : 0);
    const WindowInput data(image, section.offset, section.bytes);
    if (const auto written = write_data(data, output / name); !written) return written;
    if (!is_ramdisk) continue;
    if (const auto written = write_tree(data, output / (name + ".files")); !written) return written;
  }
  return output.commit();
}

}  // namespace ben::eif
