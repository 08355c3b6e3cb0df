// Types of the PSBT fields that one version has and another has not (BIP 174, 370, 375).
#pragma once

#include <array>
#include <cstdint>

namespace ben::psbt {

inline constexpr std::uint8_t global_unsigned_transaction = 0x00;  // version 0 alone
inline constexpr std::uint8_t global_transaction_version = 0x02;   // from here on version 2 alone
inline constexpr std::uint8_t global_fallback_lock_time = 0x03;
inline constexpr std::uint8_t global_input_count = 0x04;
inline constexpr std::uint8_t global_output_count = 0x05;
inline constexpr std::uint8_t global_modifiable = 0x06;
inline constexpr std::uint8_t global_version = 0xfb;  // of the PSBT; absent in version 0

inline constexpr std::uint8_t in_previous_txid = 0x0e;
inline constexpr std::uint8_t in_output_index = 0x0f;
inline constexpr std::uint8_t in_sequence = 0x10;
inline constexpr std::uint8_t in_required_time = 0x11;
inline constexpr std::uint8_t in_required_height = 0x12;

inline constexpr std::uint8_t out_amount = 0x03;
inline constexpr std::uint8_t out_script = 0x04;

// Silent payments (BIP 375): what they promise cannot be said in version 0.
inline constexpr std::array<std::uint8_t, 2> global_silent_payments = {0x07, 0x08};
inline constexpr std::array<std::uint8_t, 2> in_silent_payments = {0x1d, 0x1e};
inline constexpr std::array<std::uint8_t, 2> out_silent_payments = {0x09, 0x0a};

}  // namespace ben::psbt
