// Puts enclave image files together byte by byte, right or wrong, with nothing of the code under test.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/writer.hpp"

namespace ben::test {

inline std::uint32_t bitwise_crc32(ByteView bytes, std::uint32_t state) {
  for (const std::uint8_t byte : bytes) {
    state ^= byte;
    for (int bit = 0; bit < 8; ++bit) state = (state >> 1U) ^ ((state & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return state;
}

// Writes the right checksum into a file that was changed.
inline void fix_crc(Bytes& image) {
  const std::uint32_t head = bitwise_crc32(ByteView(image).first(544), 0xffffffff);
  const std::uint32_t crc = ~bitwise_crc32(ByteView(image).subspan(548), head);
  for (std::size_t i = 0; i < 4; ++i) image[544 + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
}

struct RawSection {
  std::uint16_t type;
  Bytes data;
  std::uint16_t flags = 0;
};

inline Bytes assemble(const std::vector<RawSection>& sections) {
  Writer writer;
  writer.text(".eif").u16_be(4).u16_be(0).u64_be(1073741824).u64_be(2).u16_be(0);
  writer.u16_be(static_cast<std::uint16_t>(sections.size()));
  std::uint64_t offset = 548;
  for (std::size_t i = 0; i < 32; ++i) {
    writer.u64_be(i < sections.size() ? offset : 0);
    if (i < sections.size()) offset += 12 + sections[i].data.size();
  }
  for (std::size_t i = 0; i < 32; ++i) writer.u64_be(i < sections.size() ? sections[i].data.size() : 0);
  writer.u32_be(0).u32_be(0);
  for (const RawSection& section : sections) {
    writer.u16_be(section.type).u16_be(section.flags).u64_be(section.data.size()).bytes(section.data);
  }
  Bytes image = writer.take();
  fix_crc(image);
  return image;
}

inline Bytes text_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

inline const std::string metadata_text =
    R"({"ImageName":"sample","ImageVersion":"1","BuildMetadata":{"BuildTime":"1970-01-01T00:00:00+00:00",)"
    R"("BuildTool":"eif_build","BuildToolVersion":"0.2.1","OperatingSystem":"Linux","KernelVersion":"6.12"},)"
    R"("DockerInfo":null,"CustomMetadata":null})";

inline std::vector<RawSection> good_sections() {
  return {{1, text_bytes("a kernel")},
          {2, text_bytes("reboot=k")},
          {5, text_bytes(metadata_text)},
          {3, text_bytes("the first ramdisk")},
          {3, text_bytes("the second ramdisk")}};
}

inline Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace ben::test
