#include "cbor/writer.hpp"

namespace ben::cbor {

Writer& Writer::head(std::uint8_t major_type, std::uint64_t argument) {
  const auto initial = [major_type](std::uint64_t information) {
    return static_cast<std::uint8_t>(static_cast<std::uint64_t>(major_type) << 5U | information);
  };
  if (argument < 24) {
    out_.u8(initial(argument));
  } else if (argument <= 0xff) {
    out_.u8(initial(24)).u8(static_cast<std::uint8_t>(argument));
  } else if (argument <= 0xffff) {
    out_.u8(initial(25)).u16_be(static_cast<std::uint16_t>(argument));
  } else if (argument <= 0xffffffff) {
    out_.u8(initial(26)).u32_be(static_cast<std::uint32_t>(argument));
  } else {
    out_.u8(initial(27)).u64_be(argument);
  }
  return *this;
}

}  // namespace ben::cbor
