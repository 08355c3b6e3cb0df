// What differs between two images, and which measurement that moved.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "eif/image.hpp"

namespace ben::eif {

struct Difference {
  std::string section;             // "header", "kernel", "cmdline", "metadata", "ramdisk 0", "signature"
  std::string what;                // "differs from byte 17 on", "only in the second image"
  std::vector<std::string> files;  // of a ramdisk whose archives can be listed: "init: content"
  std::vector<std::string> moved;  // those of PCR0, PCR1, PCR2, PCR8 that cover the section and differ
};

// Compares two images by sections, whose order in the files does not count; `a` and `b` are described by
// `of_a` and `of_b`. Empty: the same image. Fails with `unavailable` (eif-file, eif-output).
Result<std::vector<Difference>> diff_eif(const Input& a, const Description& of_a, const Input& b,
                                         const Description& of_b);

}  // namespace ben::eif
