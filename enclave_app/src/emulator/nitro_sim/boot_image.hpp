// Takes the `process` platform's enclave image apart.
#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "eif/image.hpp"

namespace ben::emulator {

// Fails with `refused` (sim-kernel) unless the kernel section says that there is no kernel; such an image
// needs the qemu platform, or AWS.
Result<> admit_process_image(const eif::Input& image, const eif::Description& description);

// Extracts all ramdisks, in order, below `root`, which exists and is empty, and makes the folder for the
// sandbox's sockets. Fails with `malformed` (cpio-…), `refused` (sim-init) when no /init is among the files,
// or `unavailable` (eif-file, eif-output).
Result<> extract_ramdisks(const eif::Input& image, const eif::Description& description,
                          const std::filesystem::path& root);

}  // namespace ben::emulator
