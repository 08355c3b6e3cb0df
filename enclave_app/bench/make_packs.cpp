// usage: make_packs FOLDER
//
// Writes the PSBTs that sign_pack and the peers sign: FOLDER/PURPOSE_INPUTS.txt, purposes 84 (P2WPKH) and 86
// (P2TR), PSBTs of 1, 10, 100 and 1000 inputs. A line is `PURPOSE SEED PSBT`, both in hex: coins of regtest
// of account 0, branch 0.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "base/hex.hpp"
#include "core/bitcoin/psbt_builder.hpp"

namespace {

using namespace ben;
using namespace ben::bitcoin;

constexpr std::uint8_t tap_internal_key = 0x17;

// How many tries a low R takes depends on the keys: many wallets sign many inputs, so that luck does not look
// like a slope.
constexpr std::size_t inputs_of_a_pack = 2000;
constexpr std::size_t wallets_max = 250;

// BIP 371's internal key, which some peers look for before they sign.
void name_internal_keys(test::PsbtDraft& draft) {
  for (test::FieldMap& fields : draft.input_fields) {
    const test::Field* derivation = test::find(fields, psbt_in::tap_bip32_derivation);
    if (derivation == nullptr) continue;
    Bytes internal_key(derivation->key.begin() + 1, derivation->key.end());
    test::set(fields, {tap_internal_key}, std::move(internal_key));
  }
}

// Coins of 100,000 sats with a parent each, one payment and change.
Bytes make_spend(const Curve& curve, const Wallet& wallet, std::size_t account, std::size_t inputs) {
  test::PsbtBuilder builder(wallet.own_keys(curve));
  for (std::size_t i = 0; i < inputs; ++i)
    builder.spend({.account = account, .index = static_cast<std::uint32_t>(i)}, 100'000);
  builder.pay(make_witness_script(0, Bytes(20, 0x77)), 90'000 * inputs);
  builder.pay_own({.account = account, .branch = Branch::change}, 9'000 * inputs);
  name_internal_keys(builder.draft);
  return builder.draft.encode();
}

void write_pack(const Curve& curve, std::ostream& pack, std::size_t account, std::size_t inputs) {
  const std::size_t count = std::min(wallets_max, inputs_of_a_pack / inputs);
  for (std::size_t i = 1; i <= count; ++i) {
    const auto seed_byte = static_cast<std::uint8_t>(i);
    const Wallet wallet = test::make_wallet(curve, seed_byte);
    pack << (account == 0 ? "84 " : "86 ") << encode_hex(Bytes(32, seed_byte)) << ' '
         << encode_hex(make_spend(curve, wallet, account, inputs)) << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_packs FOLDER\n";
    return 2;
  }
  const Curve curve{test::fill_secret(1)};
  for (const std::size_t account : {0U, 1U}) {  // of default_accounts
    for (const std::size_t inputs : {1U, 10U, 100U, 1000U}) {
      const std::string name = (account == 0 ? "84_" : "86_") + std::to_string(inputs) + ".txt";
      std::ofstream pack(std::filesystem::path(argv[1]) / name);
      write_pack(curve, pack, account, inputs);
      if (!pack.flush()) {
        std::cerr << "make_packs: cannot write " << name << '\n';
        return 1;
      }
    }
  }
  return 0;
}
