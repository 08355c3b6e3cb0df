// Measurer: the checksum and the measurements of an image whose bytes pass by once, in file order.
//
// One thread: a second one for the second hash took more CPU time, by the figures in docs/performance.md.
#pragma once

#include "eif/crc32.hpp"
#include "eif/image.hpp"
#include "eif/sha384.hpp"

namespace ben::eif {

class Measurer {
 public:
  // Bytes that are only in the checksum: headers.
  void add_header(ByteView bytes) noexcept { crc_.update(bytes); }

  // A section begins, then its data come in pieces. Kernel, command line and ramdisks come in this order.
  void begin_section(SectionType type) noexcept;
  void add_data(ByteView bytes) noexcept;

  // Of all bytes so far.
  [[nodiscard]] const Crc32& crc() const noexcept { return crc_; }

  // PCR0 to PCR2. Call once, when the last ramdisk has passed.
  [[nodiscard]] Measurements finish() noexcept;

 private:
  Crc32 crc_;
  Sha384 image_;      // kernel ‖ command line ‖ ramdisks
  Sha384 bootstrap_;  // the same without the ramdisks after the first: a copy of image_ made there
  Sha384 application_;
  std::size_t ramdisks_ = 0;
  bool in_image_ = false;
};

// What a PCR holds that was extended once, from zero, by the hash of its content.
[[nodiscard]] Hash384 extend_from_zero(const Hash384& content_hash) noexcept;

}  // namespace ben::eif
