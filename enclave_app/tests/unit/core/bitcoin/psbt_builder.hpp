// Builds PSBTs for tests, benches and fuzz corpora: valid as they come, with every part open to change.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include "bitcoin/account.hpp"
#include "bitcoin/psbt.hpp"
#include "bitcoin/wallet.hpp"

namespace ben::bitcoin::test {

struct Field {
  Bytes key;
  Bytes value;
};
using FieldMap = std::vector<Field>;

inline Field* find(FieldMap& map, std::uint8_t type) {
  const auto found =
      std::find_if(map.begin(), map.end(), [type](const Field& f) { return f.key[0] == type; });
  return found == map.end() ? nullptr : &*found;
}

inline void set(FieldMap& map, Bytes key, Bytes value) { map.push_back({std::move(key), std::move(value)}); }

inline void remove(FieldMap& map, std::uint8_t type) {
  std::erase_if(map, [type](const Field& f) { return f.key[0] == type; });
}

struct DraftInput {
  OutPoint previous_output;
  Bytes script_sig;
  std::uint32_t sequence = 0xfffffffd;
};

struct DraftOutput {
  std::uint64_t amount_sats = 0;
  Script script;
};

// The stripped form of a transaction.
inline Bytes encode_stripped(std::uint32_t version, std::span<const DraftInput> inputs,
                             std::span<const DraftOutput> outputs, std::uint32_t lock_time) {
  Writer writer;
  writer.u32_le(version);
  write_compact_size(writer, inputs.size());
  for (const DraftInput& input : inputs) {
    writer.bytes(input.previous_output.txid).u32_le(input.previous_output.index);
    write_sized(writer, input.script_sig);
    writer.u32_le(input.sequence);
  }
  write_compact_size(writer, outputs.size());
  for (const DraftOutput& output : outputs) write_output(writer, {output.amount_sats, output.script});
  return writer.u32_le(lock_time).take();
}

inline Bytes encode_utxo(std::uint64_t amount_sats, ByteView script) {
  Writer writer;
  write_output(writer, {amount_sats, script});
  return writer.take();
}

// `fields`: of this file or of the parser.
template <typename Fields>
void write_map(Writer& writer, const Fields& fields) {
  for (const auto& field : fields) {
    write_sized(writer, field.key);
    write_sized(writer, field.value);
  }
  writer.u8(0);
}

// A PSBT put together again from what the parser says it holds, under a global map as it was or another one.
inline Bytes encode_maps(const Psbt& psbt, std::span<const PsbtField> global) {
  Writer writer;
  writer.text("psbt").u8(0xff);
  write_map(writer, global);
  for (std::size_t i = 0; i < psbt.transaction().inputs.size(); ++i) write_map(writer, psbt.input(i));
  for (std::size_t i = 0; i < psbt.transaction().outputs.size(); ++i) write_map(writer, psbt.output(i));
  return writer.take();
}

// A PSBT in parts, in either version. Everything is public: a test changes one thing and encodes.
struct PsbtDraft {
  std::uint32_t psbt_version = 0;
  std::uint32_t version = 2;
  std::uint32_t lock_time = 0;
  std::vector<DraftInput> inputs;
  std::vector<DraftOutput> outputs;
  FieldMap global;  // after what makes up the transaction, as in the other maps
  std::vector<FieldMap> input_fields;
  std::vector<FieldMap> output_fields;

  [[nodiscard]] Bytes unsigned_transaction() const {
    return encode_stripped(version, inputs, outputs, lock_time);
  }

  [[nodiscard]] Bytes encode() const {
    Writer writer;
    writer.text("psbt").u8(0xff);
    const auto write_joined = [&writer](FieldMap first, const FieldMap& more) {
      first.insert(first.end(), more.begin(), more.end());
      write_map(writer, first);
    };
    write_joined(transaction_fields(), global);
    for (std::size_t i = 0; i < input_fields.size(); ++i)
      write_joined(psbt_version == 0 ? FieldMap{} : transaction_fields(inputs[i]), input_fields[i]);
    for (std::size_t i = 0; i < output_fields.size(); ++i)
      write_joined(psbt_version == 0 ? FieldMap{} : transaction_fields(outputs[i]), output_fields[i]);
    return writer.take();
  }

  // What makes up the transaction: in version 0 the global map has all of it.
  [[nodiscard]] FieldMap transaction_fields() const {
    if (psbt_version == 0) return {{{psbt_global::unsigned_transaction}, unsigned_transaction()}};
    Writer input_count;
    write_compact_size(input_count, inputs.size());
    Writer output_count;
    write_compact_size(output_count, outputs.size());
    return {{{psbt_global::transaction_version}, Writer().u32_le(version).take()},
            {{psbt_global::fallback_lock_time}, Writer().u32_le(lock_time).take()},
            {{psbt_global::input_count}, input_count.take()},
            {{psbt_global::output_count}, output_count.take()},
            {{psbt_global::version}, Writer().u32_le(psbt_version).take()}};
  }
  [[nodiscard]] static FieldMap transaction_fields(const DraftInput& input) {
    return {{{psbt_in::previous_txid}, to_bytes(input.previous_output.txid)},
            {{psbt_in::output_index}, Writer().u32_le(input.previous_output.index).take()},
            {{psbt_in::sequence}, Writer().u32_le(input.sequence).take()}};
  }
  [[nodiscard]] static FieldMap transaction_fields(const DraftOutput& output) {
    return {{{psbt_out::amount}, Writer().u64_le(output.amount_sats).take()},
            {{psbt_out::script}, output.script}};
  }
};

// Adds coins and outputs of the given accounts to a draft. Deterministic: the same calls give the same bytes.
class PsbtBuilder {
 public:
  struct Coin {
    KeyPath path;
    std::uint64_t amount_sats = 0;
  };

  // `keys` says how the scripts of the coins are derived.
  explicit PsbtBuilder(OwnKeys keys) : keys_(std::move(keys)) {}

  // Spends coins that one parent transaction created, each with the fields of its form: non_witness_utxo,
  // witness_utxo, redeem script, derivation.
  PsbtBuilder& spend(const std::vector<Coin>& coins) {
    std::vector<DraftOutput> created{{.amount_sats = 1'000, .script = make_p2pkh(Bytes(20, 0x11))}};
    for (const Coin& coin : coins) created.push_back({coin.amount_sats, derive(coin.path).script});
    ++parents_;
    const OutPoint origin{.txid = sha256(as_bytes("parent " + std::to_string(parents_))), .index = parents_};
    const DraftInput origin_input{.previous_output = origin, .script_sig = Bytes(71, 0x22)};
    const Bytes parent = encode_stripped(1, std::span(&origin_input, 1), created, 0);
    for (std::size_t i = 0; i < coins.size(); ++i) {
      const auto output = static_cast<std::uint32_t>(i + 1);
      draft.inputs.push_back(
          {.previous_output = {.txid = sha256d(parent), .index = output}, .script_sig = {}});
      FieldMap fields;
      set(fields, {psbt_in::non_witness_utxo}, parent);
      const Purpose purpose = keys_.accounts[coins[i].path.account].id.purpose;
      if (purpose != Purpose::p2pkh)
        set(fields, {psbt_in::witness_utxo}, encode_utxo(coins[i].amount_sats, created[output].script));
      if (purpose == Purpose::p2sh_p2wpkh)
        set(fields, {psbt_in::redeem_script}, make_p2wpkh(derive(coins[i].path).key.encoded));
      set_derivation(fields, coins[i].path, psbt_in::bip32_derivation, psbt_in::tap_bip32_derivation);
      draft.input_fields.push_back(std::move(fields));
    }
    return *this;
  }

  PsbtBuilder& spend(const KeyPath& path, std::uint64_t amount_sats) { return spend({{path, amount_sats}}); }

  PsbtBuilder& pay(Script script, std::uint64_t amount_sats) {
    draft.outputs.push_back({amount_sats, std::move(script)});
    draft.output_fields.emplace_back();
    return *this;
  }

  // Pays to a path of ours and says so in the derivation field: change, or a receive address.
  PsbtBuilder& pay_own(const KeyPath& path, std::uint64_t amount_sats) {
    pay(derive(path).script, amount_sats);
    set_derivation(draft.output_fields.back(), path, psbt_out::bip32_derivation,
                   psbt_out::tap_bip32_derivation);
    return *this;
  }

  // Writes the derivation field of a path, whatever script the map belongs to.
  void set_derivation(FieldMap& fields, const KeyPath& path, std::uint8_t v0_type,
                      std::uint8_t taproot_type) const {
    const Account& account = keys_.accounts[path.account];
    const bool is_taproot = account.id.purpose == Purpose::p2tr;
    const CompressedKey key = derive(path).key.encoded;
    const ByteView key_data = is_taproot ? ByteView(key).subspan(1) : ByteView(key);
    Bytes field_key{is_taproot ? taproot_type : v0_type};
    field_key.insert(field_key.end(), key_data.begin(), key_data.end());
    Writer value;
    if (is_taproot) value.u8(0);
    value.bytes(account.master_fingerprint)
        .u32_le(static_cast<std::uint32_t>(account.id.purpose) | hardened)
        .u32_le(parameters_of(account.network).coin_type | hardened)
        .u32_le(account.id.number | hardened)
        .u32_le(static_cast<std::uint32_t>(path.branch))
        .u32_le(path.index);
    set(fields, std::move(field_key), value.take());
  }

  [[nodiscard]] DerivedScript derive(const KeyPath& path) const { return *keys_.derive_script(path); }

  [[nodiscard]] Psbt parse() const { return *Psbt::parse(draft.encode()); }

  PsbtDraft draft;

 private:
  OwnKeys keys_;
  std::uint32_t parents_ = 0;
};

// The default accounts of a wallet: position 0 is P2WPKH, position 1 is P2TR.
inline constexpr std::array default_accounts{AccountId{Purpose::p2wpkh, 0}, AccountId{Purpose::p2tr, 0}};

// One account of each form: the default ones at their positions, then position 2 is P2PKH, 3 P2SH-P2WPKH.
inline constexpr std::array all_accounts{AccountId{Purpose::p2wpkh, 0}, AccountId{Purpose::p2tr, 0},
                                         AccountId{Purpose::p2pkh, 0}, AccountId{Purpose::p2sh_p2wpkh, 0}};

inline Secret<32> fill_secret(std::uint8_t byte) {
  Secret<32> secret;
  std::ranges::fill(secret.expose_mutable(), byte);
  return secret;
}

inline Wallet make_wallet(const Curve& curve, std::uint8_t seed_byte = 0x5e,
                          Network network = Network::regtest,
                          std::span<const AccountId> accounts = default_accounts) {
  auto wallet = Wallet::derive(curve, fill_secret(seed_byte), network, accounts);
  if (!wallet) std::abort();
  return *std::move(wallet);
}

// `count` coins of one account of 100,000 sats each, a parent for each, one payment of 90 % and change.
inline Bytes make_spend(const Curve& curve, const Wallet& wallet, std::size_t account, std::size_t count) {
  PsbtBuilder builder(wallet.own_keys(curve));
  for (std::size_t i = 0; i < count; ++i)
    builder.spend({.account = account, .branch = Branch::receive, .index = static_cast<std::uint32_t>(i)},
                  100'000);
  builder.pay(make_witness_script(0, Bytes(20, 0x77)), 90'000 * count);
  builder.pay_own({.account = account, .branch = Branch::change, .index = 0}, 9'000 * count);
  return builder.draft.encode();
}

}  // namespace ben::bitcoin::test
