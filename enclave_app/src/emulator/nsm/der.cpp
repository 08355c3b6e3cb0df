#include "nsm/der.hpp"

#include <chrono>
#include <cstdio>
#include <string>

#include "base/writer.hpp"

namespace ben::emulator {

Bytes der_element(std::uint8_t tag, std::initializer_list<ByteView> contents) {
  std::size_t size = 0;
  for (const ByteView part : contents) size += part.size();
  Writer element(size + 4);
  element.u8(tag);
  if (size < 0x80) {
    element.u8(static_cast<std::uint8_t>(size));
  } else if (size < 0x100) {
    element.u8(0x81).u8(static_cast<std::uint8_t>(size));
  } else {
    element.u8(0x82).u16_be(static_cast<std::uint16_t>(size));
  }
  for (const ByteView part : contents) element.bytes(part);
  return element.take();
}

Bytes der_sequence(std::initializer_list<ByteView> contents) { return der_element(0x30, contents); }

Bytes der_unsigned_integer(ByteView number) {
  while (number.size() > 1 && number[0] == 0) number = number.subspan(1);
  const ByteArray<1> zero{};
  const bool needs_zero = number[0] >= 0x80;
  return der_element(0x02, {needs_zero ? ByteView(zero) : ByteView(), number});
}

Bytes der_time(std::uint64_t seconds) {
  using std::chrono::floor;
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const int year = static_cast<int>(date.year());
  char text[32];
  const int size = std::snprintf(
      text, sizeof(text), "%04d%02u%02u%02d%02d%02dZ", year, static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  const std::string_view all(text, static_cast<std::size_t>(size));
  if (year >= 2050) return der_element(0x18, {as_bytes(all)});
  return der_element(0x17, {as_bytes(all.substr(2))});
}

}  // namespace ben::emulator
