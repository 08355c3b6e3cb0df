// The Bitcoin networks a wallet can belong to, and what differs between them.
#pragma once

#include "base/result.hpp"

namespace ben::bitcoin {

enum class Network : std::uint8_t { main, test, testnet4, signet, regtest };

struct NetworkParameters {
  std::string_view name;        // as in config and JSON
  std::string_view bech32_hrp;  // BIP 173, BIP 325
  std::uint32_t coin_type;      // BIP 44: 0 for real coins, else 1
  std::uint32_t xpub_version;   // BIP 32: "xpub" or "tpub"
  std::uint8_t p2pkh_version;   // base58check
  std::uint8_t p2sh_version;
};

// In the order of the enum.
inline constexpr std::array<NetworkParameters, 5> networks{{
    {"main", "bc", 0, 0x0488b21e, 0, 5},
    {"test", "tb", 1, 0x043587cf, 111, 196},
    {"testnet4", "tb", 1, 0x043587cf, 111, 196},
    {"signet", "tb", 1, 0x043587cf, 111, 196},
    {"regtest", "bcrt", 1, 0x043587cf, 111, 196},
}};

[[nodiscard]] inline const NetworkParameters& parameters_of(Network network) noexcept {
  return networks[static_cast<std::size_t>(network)];
}

// "main", "test", "testnet4", "signet" or "regtest"; else `malformed` (address-network).
inline Result<Network> parse_network(std::string_view name) {
  const auto named = std::ranges::find(networks, name, &NetworkParameters::name);
  if (named != networks.end()) return static_cast<Network>(named - networks.begin());
  return malformed("address-network", "network: want main, test, testnet4, signet or regtest");
}

}  // namespace ben::bitcoin
