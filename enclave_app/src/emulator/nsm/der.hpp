// Writes DER (X.690), as far as certificates need it.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "base/bytes.hpp"

namespace ben::emulator {

// One element: tag, shortest length, and the contents put together. Contents of up to 65535 bytes.
[[nodiscard]] Bytes der_element(std::uint8_t tag, std::initializer_list<ByteView> contents);

[[nodiscard]] Bytes der_sequence(std::initializer_list<ByteView> contents);

// `number`: big-endian, not empty; leading zeros are left out, and the one that keeps it positive is put in.
[[nodiscard]] Bytes der_unsigned_integer(ByteView number);

// UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5).
[[nodiscard]] Bytes der_time(std::uint64_t seconds);

}  // namespace ben::emulator
