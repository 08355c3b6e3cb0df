#include "eif/measurer.hpp"

#include <optional>
#include <thread>

namespace ben::eif {
namespace {

// From this size on, a thread for the second hash of the same bytes costs less than it saves.
constexpr std::size_t parallel_bytes_min = std::size_t{256} << 10;

}  // namespace

Hash384 extend_from_zero(const Hash384& content_hash) noexcept {
  return sha384({Hash384{}, content_hash});
}

void Measurer::begin_section(SectionType type) noexcept {
  in_image_ = type == SectionType::kernel || type == SectionType::cmdline || type == SectionType::ramdisk;
  if (type != SectionType::ramdisk) return;
  ++ramdisks_;
  if (ramdisks_ == 2) bootstrap_ = image_;
}

void Measurer::add_data(ByteView bytes) {
  const bool in_application = in_image_ && ramdisks_ > 1;
  const bool in_parallel = in_application && bytes.size() >= parallel_bytes_min;
  std::jthread image;
  if (in_parallel) {
    image = std::jthread([this, bytes] { image_.update(bytes); });
  } else if (in_image_) {
    image_.update(bytes);
  }
  if (in_application) application_.update(bytes);
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
