#include "bitcoin/network.hpp"

#include <array>

namespace ben::bitcoin {
namespace {

constexpr std::uint32_t xpub = 0x0488b21e;
constexpr std::uint32_t tpub = 0x043587cf;

// In the order of the enum.
constexpr std::array<NetworkParameters, 5> networks{{
    {"main", "bc", 0, xpub, 0, 5},
    {"test", "tb", 1, tpub, 111, 196},
    {"testnet4", "tb", 1, tpub, 111, 196},
    {"signet", "tb", 1, tpub, 111, 196},
    {"regtest", "bcrt", 1, tpub, 111, 196},
}};

}  // namespace

const NetworkParameters& parameters_of(Network network) noexcept {
  return networks[static_cast<std::size_t>(network)];
}

Result<Network> parse_network(std::string_view name) {
  const auto named = std::ranges::find(networks, name, &NetworkParameters::name);
  if (named != networks.end()) return static_cast<Network>(named - networks.begin());
  return malformed("address-network", "network: want main, test, testnet4, signet or regtest");
}

}  // namespace ben::bitcoin
