// Account: the public half of one account of BIP 44, 49, 84 or 86. Everything a review needs, and no private
// key.
#pragma once

#include <functional>

#include "bitcoin/bip32.hpp"
#include "bitcoin/script.hpp"

namespace ben::bitcoin {

// What a configuration says about an account. `number` is below 2^31 (it is hardened in the path).
struct AccountId {
  Purpose purpose = Purpose::p2wpkh;
  std::uint32_t number = 0;
  friend bool operator==(const AccountId&, const AccountId&) = default;
};

enum class Branch : std::uint8_t {
  receive = 0,
  change = 1,
};

// Where a key is: `account` is the position in the list of accounts at hand.
struct KeyPath {
  std::size_t account = 0;
  Branch branch = Branch::receive;
  std::uint32_t index = 0;
  friend bool operator==(const KeyPath&, const KeyPath&) = default;
};

struct Account {
  AccountId id;
  Network network = Network::main;
  Fingerprint master_fingerprint{};
  ExtendedPublicKey key;  // at account_path
};

// m/purpose'/coin'/number' (BIP 44).
[[nodiscard]] std::array<std::uint32_t, 3> account_path(const AccountId& id, Network network) noexcept;
// The same as text: "84h/1h/0h".
[[nodiscard]] std::string encode_account_path(const Account& account);

// An account's output descriptor (BIP 380, 381, 382, 386, 389) with its checksum:
//   pkh([fingerprint/44h/coin h/account h]xpub/<0;1>/*)#checksum
//   sh(wpkh([fingerprint/49h/…]xpub/<0;1>/*)), wpkh([fingerprint/84h/…]…) and tr([fingerprint/86h/…]…)
[[nodiscard]] std::string encode_descriptor(const Account& account);

// A derived address: the key of the path (before any taproot tweak) and its scriptPubKey.
struct DerivedScript {
  PublicKey key;
  Script script;
};

// The accounts that count as ours, and a way to derive from them: by private keys, or by public ones alone.
struct OwnKeys {
  std::span<const Account> accounts;
  std::function<Result<DerivedScript>(const KeyPath&)> derive_script;  // of a path in `accounts`
};

}  // namespace ben::bitcoin
