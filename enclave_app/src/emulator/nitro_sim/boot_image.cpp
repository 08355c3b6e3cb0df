#include "nitro_sim/boot_image.hpp"

#include <algorithm>

#include "eif/cpio.hpp"
#include "eif/gzip.hpp"
#include "init/sandbox_paths.hpp"

namespace ben::emulator {

Result<bool> is_process_image(const eif::Input& image, const eif::Description& description) {
  const auto kernel = std::ranges::find(description.sections, eif::SectionType::kernel, &eif::Section::type);
  ByteArray<eif::process_platform_kernel.size()> text{};
  if (kernel == description.sections.end() || kernel->bytes != text.size()) return false;
  if (const auto read = image.read_at(kernel->offset, text); !read) return read.error();
  return as_text(text) == eif::process_platform_kernel;
}

Result<> extract_ramdisks(const eif::Input& image, const eif::Description& description,
                          const std::filesystem::path& root) {
  bool has_init = false;
  for (const eif::Section& section : description.sections) {
    if (section.type != eif::SectionType::ramdisk) continue;
    const eif::WindowInput ramdisk(image, section.offset, section.bytes);
    const auto archive = eif::open_archive(ramdisk);
    if (!archive) return archive.error();
    const auto entries = eif::list_cpio(**archive);
    if (!entries) return entries.error();
    if (const auto extracted = eif::extract_cpio(**archive, *entries, root); !extracted) return extracted;
    has_init = has_init || std::ranges::any_of(*entries, [](const eif::Entry& entry) {
                 return entry.path == "init" && entry.kind == eif::EntryKind::file;
               });
  }
  if (!has_init) return Error{ErrorCode::refused, "sim-init", "the ramdisks hold no file /init"};
  std::error_code error;
  std::filesystem::create_directories(root / std::string_view(sandbox_sockets_folder).substr(1), error);
  if (error) return Error{ErrorCode::unavailable, "eif-output", "the sandbox's folders could not be made"};
  return Ok{};
}

}  // namespace ben::emulator
