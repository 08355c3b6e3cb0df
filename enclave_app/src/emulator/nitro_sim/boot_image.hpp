// Says for which platform an image is, and takes that of the `process` platform apart.
#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "eif/image.hpp"

namespace ben::emulator {

// Whether the kernel section says that there is no kernel. All other images need the qemu platform, or AWS.
// Fails with `unavailable` (eif-file).
Result<bool> is_process_image(const eif::Input& image, const eif::Description& description);

// Extracts all ramdisks, plain or packed by gzip, in order, below `root`, which exists and is empty, and
// makes the folder for the sandbox's sockets. Fails with `malformed` (cpio-…), `refused` (sim-init) when no
// /init is among the files, or `unavailable` (eif-file, eif-output).
Result<> extract_ramdisks(const eif::Input& image, const eif::Description& description,
                          const std::filesystem::path& root);

}  // namespace ben::emulator
