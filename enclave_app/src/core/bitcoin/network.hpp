// The Bitcoin networks a wallet can belong to, and what differs between them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace ben::bitcoin {

enum class Network : std::uint8_t { main, test, testnet4, signet, regtest };

struct NetworkParameters {
  std::string_view name;        // as in config and JSON
  std::string_view bech32_hrp;  // BIP 173, BIP 325
  std::uint32_t coin_type;      // BIP 44: 0 for real coins, else 1
  std::uint32_t xpub_version;   // BIP 32
  std::uint8_t p2pkh_version;   // base58check
  std::uint8_t p2sh_version;
};

[[nodiscard]] const NetworkParameters& parameters_of(Network network) noexcept;

// "main", "test", "testnet4", "signet" or "regtest"; else `malformed` (address-network).
Result<Network> parse_network(std::string_view name);

}  // namespace ben::bitcoin
