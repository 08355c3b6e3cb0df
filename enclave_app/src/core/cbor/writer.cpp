#include "cbor/writer.hpp"

namespace ben::cbor {

Writer& Writer::head(std::uint8_t major_type, std::uint64_t argument) {
  const auto initial = [major_type](std::uint64_t information) {
    return static_cast<std::uint8_t>(std::uint64_t{major_type} << 5U | information);
  };
  if (argument < 24) {
    out_.u8(initial(argument));
    return *this;
  }
  const unsigned size_log2 = argument <= 0xff ? 0 : argument <= 0xffff ? 1 : argument <= 0xffffffff ? 2 : 3;
  out_.u8(initial(24 + size_log2)).big_endian(argument, std::size_t{1} << size_log2);
  return *this;
}

}  // namespace ben::cbor
