#include "eif/measurer.hpp"

#include <optional>

namespace ben::eif {

Hash384 extend_from_zero(const Hash384& content_hash) noexcept { return sha384({Hash384{}, content_hash}); }

void Measurer::begin_section(SectionType type) noexcept {
  in_image_ = type == SectionType::kernel || type == SectionType::cmdline || type == SectionType::ramdisk;
  if (type != SectionType::ramdisk) return;
  ++ramdisks_;
  if (ramdisks_ == 2) bootstrap_ = image_;
}

void Measurer::add_data(ByteView bytes) noexcept {
  if (in_image_) image_.update(bytes);
  if (in_image_ && ramdisks_ > 1) application_.update(bytes);
  crc_.update(bytes);
}

Measurements Measurer::finish() noexcept {
  if (ramdisks_ < 2) bootstrap_ = image_;
  return Measurements{.pcr0 = extend_from_zero(image_.finish()),
                      .pcr1 = extend_from_zero(bootstrap_.finish()),
                      .pcr2 = extend_from_zero(application_.finish()),
                      .pcr8 = std::nullopt};
}

}  // namespace ben::eif
