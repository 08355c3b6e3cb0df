// Finds published vector files: BEN_VECTORS names their folder.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include <doctest/doctest.h>

namespace ben::test {

// The contents of BEN_VECTORS/`name`; empty, with a visible message, where the vectors are absent.
inline std::optional<std::string> read_vectors(const std::string& name) {
  const char* folder = std::getenv("BEN_VECTORS");  // NOLINT(concurrency-mt-unsafe): tests have one thread
  const std::string path = std::string(folder == nullptr ? "." : folder) + "/" + name;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    MESSAGE("SKIPPED: no vectors at " << path << ": set BEN_VECTORS");
    return std::nullopt;
  }
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

}  // namespace ben::test
