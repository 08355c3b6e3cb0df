// What tests of the review begin with: a wallet, valid PSBTs that spend its coins, small changes to them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "bitcoin/review.hpp"
#include "core/bitcoin/psbt_builder.hpp"
#include "watch/derivation.hpp"

namespace ben::bitcoin::test {

inline constexpr std::uint32_t index_max = 10'000;
inline constexpr KeyPath v0_coin{.account = 0, .branch = Branch::receive, .index = 3};
inline constexpr KeyPath taproot_coin{.account = 1, .branch = Branch::change, .index = 5};
inline constexpr KeyPath v0_change{.account = 0, .branch = Branch::change, .index = 8};
inline constexpr KeyPath taproot_change{.account = 1, .branch = Branch::change, .index = 9};
inline constexpr KeyPath legacy_coin{.account = 2, .branch = Branch::receive, .index = 11};
inline constexpr KeyPath nested_coin{.account = 3, .branch = Branch::receive, .index = 12};
inline constexpr KeyPath own_address{.account = 1, .branch = Branch::receive, .index = 2};

struct Fixture;

struct Attack {
  const char* tag;
  const char* name;
  std::function<void(const Fixture&, PsbtBuilder&)> change;
};

struct Fixture {
  Curve curve{fill_secret(1)};
  Wallet wallet = make_wallet(curve, 0x5e, Network::regtest, all_accounts);
  Wallet other_wallet = make_wallet(curve, 0x77);
  Script stranger = make_p2pkh(Bytes(20, 0xaa));

  // Input 0 P2WPKH of 1 BTC, input 1 P2TR of 2 BTC; output 0 paid away, 1 change, 2 change, 3 to ourselves.
  [[nodiscard]] PsbtBuilder make() const {
    PsbtBuilder builder(wallet.own_keys(curve));
    builder.spend(v0_coin, 100'000'000).spend(taproot_coin, 200'000'000);
    builder.pay(stranger, 150'000'000).pay_own(v0_change, 100'000'000).pay_own(taproot_change, 40'000'000);
    builder.pay_own(own_address, 9'000'000);
    return builder;
  }

  // The same and two inputs more: 2 P2PKH and 3 P2SH-P2WPKH of 0.5 BTC, with a change output of each form.
  [[nodiscard]] PsbtBuilder make_all() const {
    PsbtBuilder builder = make();
    builder.spend(legacy_coin, 50'000'000).spend(nested_coin, 50'000'000);
    builder.pay_own({2, Branch::change, 1}, 40'000'000).pay_own({3, Branch::change, 1}, 60'000'000);
    return builder;
  }

  // By private keys and by public ones, and in either version of PSBT: one verdict, and one decision key.
  [[nodiscard]] Result<Review> review(PsbtDraft draft) const {
    auto first = review_as(draft, 0, wallet.own_keys(curve));
    for (const std::uint32_t version : {0U, 2U}) {
      CAPTURE(version);
      const auto reviewed = review_as(draft, version, watch::own_keys(curve, wallet.accounts()));
      REQUIRE(reviewed.has_value() == first.has_value());
      if (!reviewed) {
        CHECK(reviewed.error().tag.view() == first.error().tag.view());
        continue;
      }
      CHECK(equal(reviewed->psbt.transaction_bytes(), first->psbt.transaction_bytes()));
      CHECK(reviewed->decision_key == first->decision_key);
      CHECK(reviewed->outflow_sats == first->outflow_sats);
      for (std::size_t i = 0; i < reviewed->inputs.size(); ++i) {
        CHECK(reviewed->inputs[i].key.encoded == first->inputs[i].key.encoded);
      }
    }
    return first;
  }

  [[nodiscard]] static Result<Review> review_as(PsbtDraft& draft, std::uint32_t version,
                                                const OwnKeys& keys) {
    draft.psbt_version = version;
    auto psbt = Psbt::parse(draft.encode());
    if (!psbt) return psbt.error();
    return review_psbt(keys, *std::move(psbt), index_max);
  }

  [[nodiscard]] std::string tag_of(const PsbtDraft& draft) const {
    const auto reviewed = review(draft);
    return reviewed ? "accepted" : std::string(reviewed.error().tag.view());
  }

  // Each attack changes a valid PSBT, and its tag refuses it.
  void check_each(const std::vector<Attack>& attacks, const PsbtBuilder& valid) const {
    REQUIRE(tag_of(valid.draft) == "accepted");
    for (const Attack& attack : attacks) {
      CAPTURE(attack.name);
      PsbtBuilder builder = valid;
      attack.change(*this, builder);
      CHECK(tag_of(builder.draft) == attack.tag);
    }
  }
};

inline Bytes parent_of(PsbtBuilder& builder, std::size_t input) {
  return find(builder.draft.input_fields[input], psbt_in::non_witness_utxo)->value;
}

inline void claim(PsbtBuilder& builder, std::size_t input, std::uint64_t amount_sats, ByteView script) {
  find(builder.draft.input_fields[input], psbt_in::witness_utxo)->value = encode_utxo(amount_sats, script);
}

inline void set_sighash(PsbtBuilder& builder, std::size_t input, std::uint32_t type) {
  Writer value;
  set(builder.draft.input_fields[input], {psbt_in::sighash_type}, value.u32_le(type).take());
}

// A parent of one output, and the input and fields that spend it.
inline void spend_output(PsbtBuilder& builder, std::size_t input, std::uint64_t amount_sats,
                         const Script& script) {
  const DraftOutput created{.amount_sats = amount_sats, .script = script};
  const DraftInput origin;
  const Bytes parent = encode_stripped(1, std::span(&origin, 1), std::span(&created, 1), 0);
  builder.draft.inputs[input].previous_output = {.txid = sha256d(parent), .index = 0};
  find(builder.draft.input_fields[input], psbt_in::non_witness_utxo)->value = parent;
}

}  // namespace ben::bitcoin::test
