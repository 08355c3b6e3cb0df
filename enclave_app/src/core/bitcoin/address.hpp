// Addresses: text for a scriptPubKey. Base58check for P2PKH and P2SH, BIP 173 and BIP 350 for witness
// programs.
#pragma once

#include "base/result.hpp"
#include "bitcoin/network.hpp"
#include "bitcoin/script.hpp"

namespace ben::bitcoin {

// The address of a P2PKH, P2SH, P2WPKH, P2WSH or P2TR script. Fails with `malformed` (address-script) for
// another script.
Result<std::string> encode_address(Network network, ByteView script);

// The scriptPubKey of an address of this network. Takes every witness version and program size BIP 350 knows.
// Fails with `malformed` (address-form): not an address, or one of another network.
Result<Script> parse_address(Network network, std::string_view text);

}  // namespace ben::bitcoin
