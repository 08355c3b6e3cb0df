#include "bitcoin/review.hpp"

#include <numeric>

namespace ben::bitcoin {
namespace {

using Fields = std::span<const PsbtField>;

// What signing adds to an input. A low-R signature has 70 bytes in DER (one in some 128 is shorter by a
// byte), one more for its type; each item has its size before it, and a witness the count of its items.
constexpr std::size_t signature_and_key_bytes = 1 + 71 + 1 + 33;

// Those bytes of an input: in its scriptSig, and in its witness.
std::pair<std::size_t, std::size_t> signing_bytes(const ReviewedInput& input) noexcept {
  if (input.purpose == Purpose::p2pkh) return {signature_and_key_bytes, 0};
  if (input.purpose == Purpose::p2sh_p2wpkh) return {1 + 22, 1 + signature_and_key_bytes};
  if (input.purpose == Purpose::p2wpkh) return {0, 1 + signature_and_key_bytes};
  return {0, input.sighash == SighashType::taproot_default ? 66 : 67};
}

// Fields that a signer or finalizer has written.
constexpr std::array signature_fields{psbt_in::partial_sig, psbt_in::final_script_sig,
                                      psbt_in::final_script_witness, psbt_in::tap_key_sig,
                                      psbt_in::tap_script_sig};

// The transaction that created a coin, parsed and hashed once for all inputs that bring the same bytes.
class Parent {
 public:
  Result<TransactionOutput> find_output(ByteView bytes, const OutPoint& outpoint) {
    if (bytes_.empty() || !equal(bytes, bytes_)) {
      BEN_TRY(transaction_, parse_transaction(bytes, TransactionForm::any));
      bytes_ = bytes;
      txid_ = txid_of(transaction_);
    }
    if (txid_ != outpoint.txid || outpoint.index >= transaction_.outputs.size())
      return refused("psbt-parent-mismatch", "psbt: non_witness_utxo is another one");
    return transaction_.outputs[outpoint.index];
  }

 private:
  ByteView bytes_;
  Transaction transaction_;
  Hash256 txid_{};
};

// The output an input spends: proved by its parent, or, for taproot alone, claimed by witness_utxo. A taproot
// signature commits to the amount and script of every input, so one over a false claim is worthless.
Result<TransactionOutput> find_spent(Fields fields, const OutPoint& outpoint, Parent& parent) {
  for (const std::uint8_t type : signature_fields) {
    if (find_field(fields, type) != nullptr)
      return refused("psbt-input-signed", "psbt: an input is signed already");
  }
  const PsbtField* const parent_field = find_field(fields, psbt_in::non_witness_utxo);
  const PsbtField* const utxo_field = find_field(fields, psbt_in::witness_utxo);
  Reader reader(utxo_field == nullptr ? ByteView{} : utxo_field->value);
  TransactionOutput spent = read_output(reader);
  if (parent_field != nullptr) {
    BEN_TRY(const auto proved, parent.find_output(parent_field->value, outpoint));
    if (utxo_field != nullptr &&
        (spent.amount_sats != proved.amount_sats || !equal(spent.script, proved.script)))
      return refused("psbt-utxo-mismatch", "psbt: the two utxo fields differ");
    spent = proved;
  }
  const auto purpose = purpose_of(spent.script);
  if (utxo_field == nullptr && (parent_field == nullptr || purpose == Purpose::p2tr))
    return refused("psbt-missing-utxo", "psbt: an input comes without witness_utxo");
  if (parent_field == nullptr && purpose != Purpose::p2tr)
    return refused("psbt-missing-parent", "psbt: all but taproot needs non_witness_utxo");
  if (purpose == Purpose::p2pkh && utxo_field != nullptr)
    return refused("psbt-legacy-witness", "psbt: a P2PKH input comes with witness_utxo");
  if (!purpose) return refused("psbt-input-script", "psbt: an input is no P2PKH, P2SH, P2WPKH or P2TR");
  return spent;
}

// What each input spends. Inputs are visited in the order of their outpoints: equal ones are neighbours, and
// so are those with one parent.
Result<std::vector<TransactionOutput>> find_all_spent(const Psbt& psbt) {
  const auto& inputs = psbt.transaction().inputs;
  const auto outpoint = [&](std::size_t i) { return inputs[i].previous_output; };
  std::vector<std::size_t> order(inputs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, outpoint);
  if (std::ranges::adjacent_find(order, {}, outpoint) != order.end())
    return refused("psbt-duplicate-input", "psbt: two inputs spend one outpoint");

  std::vector<TransactionOutput> spent(inputs.size());
  Parent parent;
  for (const std::size_t i : order) {
    BEN_TRY(spent[i], find_spent(psbt.input(i), outpoint(i), parent));
  }
  return spent;
}

Result<SighashType> admit_sighash(Fields fields, bool is_taproot) {
  const PsbtField* const field = find_field(fields, psbt_in::sighash_type);
  const std::uint32_t type = field != nullptr ? Reader(field->value).u32_le() : is_taproot ? 0 : 1;
  if (type == 1) return SighashType::all;
  if (type == 0 && is_taproot) return SighashType::taproot_default;
  return refused("psbt-sighash", "psbt: sign only SIGHASH_ALL, or SIGHASH_DEFAULT for taproot");
}

// The path of ours that a derivation field names: m/purpose'/coin'/account'/branch/index.
std::optional<KeyPath> match_path(std::span<const Account> accounts, Purpose purpose, ByteView value) {
  Reader reader(value);
  if (purpose == Purpose::p2tr && read_compact_size(reader) != 0)
    return std::nullopt;  // a key of script leaves
  const ByteView fingerprint = reader.take(4);
  std::array<std::uint32_t, 3> steps{};
  for (std::uint32_t& step : steps) step = reader.u32_le();
  const std::uint32_t branch = reader.u32_le();
  const std::uint32_t index = reader.u32_le();
  if (reader.failed() || reader.remaining() != 0 || branch > 1 || index >= hardened) return std::nullopt;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const Account& account = accounts[i];
    if (account.id.purpose == purpose && equal(account.master_fingerprint, fingerprint) &&
        steps == account_path(account.id, account.network))
      return KeyPath{.account = i, .branch = static_cast<Branch>(branch), .index = index};
  }
  return std::nullopt;
}

// A coin of ours, or an output that will be one: the first hint that names a path of ours is tried, and
// believed only if the path derives to the script. One hint, so that a long list costs one derivation.
// `hint`: the type of the fields that are hints for this form.
Result<ReviewedInput> find_own(const OwnKeys& keys, const TransactionOutput& coin, Fields fields,
                               std::uint8_t hint) {
  const auto purpose = purpose_of(coin.script);
  for (const PsbtField& field : fields) {
    const auto path =
        purpose && field.key[0] == hint ? match_path(keys.accounts, *purpose, field.value) : std::nullopt;
    if (!path) continue;
    auto derived = keys.derive_script(*path);
    if (!derived || !equal(derived->script, coin.script)) break;
    return ReviewedInput{.path = *path,
                         .purpose = *purpose,
                         .key = derived->key,
                         .amount_sats = coin.amount_sats,
                         .script = std::move(derived->script)};
  }
  return refused("psbt-input-foreign", "psbt: an input is not derived from our keys");
}

// P2SH hides what it hashes: the redeem script has to be there, and be that of our key. No other form of ours
// has one, and none a witness script.
Result<> admit_nested(Fields fields, const ReviewedInput& own) {
  const PsbtField* const redeem_script = find_field(fields, psbt_in::redeem_script);
  const bool is_p2sh = own.purpose == Purpose::p2sh_p2wpkh;
  if (find_field(fields, psbt_in::witness_script) != nullptr || (redeem_script != nullptr && !is_p2sh))
    return refused("psbt-input-nested", "psbt: an input has a script that its form does not have");
  if (is_p2sh && (redeem_script == nullptr || !equal(redeem_script->value, make_p2wpkh(own.key.encoded))))
    return refused("psbt-redeem-script", "psbt: a P2SH input has no redeem script, or not that of our key");
  return Ok{};
}

// Adds to a sum that stays within 21 million BTC, and so cannot overflow.
Result<> add_amount(std::uint64_t& sum, std::uint64_t amount) {
  if (amount > amount_sats_max || sum > amount_sats_max - amount)
    return refused("psbt-amount", "psbt: an amount or a sum is over 21 million BTC");
  sum += amount;
  return Ok{};
}

Result<> review_inputs(const OwnKeys& keys, Review& review) {
  BEN_TRY(const auto spent, find_all_spent(review.psbt));
  const auto legacy_count = static_cast<std::uint64_t>(std::ranges::count(
      spent, Purpose::p2pkh, [](const TransactionOutput& coin) { return purpose_of(coin.script); }));
  if (legacy_count * review.psbt.transaction_bytes().size() > legacy_sighash_bytes_max)
    return refused("psbt-legacy-limit", "psbt: too many P2PKH inputs for a transaction of this size");

  review.inputs.reserve(spent.size());
  for (std::size_t i = 0; i < spent.size(); ++i) {
    const TransactionOutput& coin = spent[i];
    const Fields fields = review.psbt.input(i);
    BEN_TRY(add_amount(review.input_sats, coin.amount_sats));
    const bool is_taproot = purpose_of(coin.script) == Purpose::p2tr;
    BEN_TRY(const auto sighash, admit_sighash(fields, is_taproot));
    const std::uint8_t hint = is_taproot ? psbt_in::tap_bip32_derivation : psbt_in::bip32_derivation;
    BEN_TRY(auto own, find_own(keys, coin, fields, hint));
    BEN_TRY(admit_nested(fields, own));
    own.sighash = sighash;
    review.inputs.push_back(std::move(own));
  }
  return Ok{};
}

// Sorts the outputs into change and destinations; gives their sum.
Result<std::uint64_t> review_outputs(const OwnKeys& keys, std::uint32_t index_max, Review& review) {
  std::uint64_t output_sats = 0;
  const auto& outputs = review.psbt.transaction().outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& [amount_sats, script] = outputs[i];
    BEN_TRY(add_amount(output_sats, amount_sats));
    const bool is_taproot = purpose_of(script) == Purpose::p2tr;
    const std::uint8_t hint = is_taproot ? psbt_out::tap_bip32_derivation : psbt_out::bip32_derivation;
    const auto own = find_own(keys, outputs[i], review.psbt.output(i), hint);
    const bool is_ours = own && own->path.index <= index_max;
    if (is_ours && own->path.branch == Branch::change) {
      review.change_sats += amount_sats;
    } else {
      review.destinations.push_back({i, amount_sats, to_bytes(script), is_ours});
    }
  }
  return output_sats;
}

// The size, and the transaction's id where signing does not change it. BIP 141: what is not witness counts
// four times. Where one input has a witness there are a marker and a flag, and a zero for each input that has
// none.
void measure(Review& review) noexcept {
  std::uint64_t weight = 4 * std::uint64_t{review.psbt.transaction_bytes().size()};
  std::size_t without_witness = 0;
  review.txid = txid_of(review.psbt.transaction());
  for (const ReviewedInput& input : review.inputs) {
    const auto [script_sig_bytes, witness_bytes] = signing_bytes(input);
    weight += 4 * script_sig_bytes + witness_bytes;
    without_witness += witness_bytes == 0 ? 1U : 0U;
    if (script_sig_bytes > 0) review.txid.reset();
  }
  if (without_witness < review.inputs.size()) weight += 2 + without_witness;
  review.vsize_min = (weight + 3) / 4;
}

}  // namespace

Result<Review> review_psbt(const OwnKeys& keys, Psbt psbt, std::uint32_t index_max) {
  Review review{.psbt = std::move(psbt), .inputs = {}, .destinations = {}, .txid = {}};
  const Transaction& transaction = review.psbt.transaction();
  if (transaction.inputs.empty() || transaction.outputs.empty())
    return refused("psbt-empty", "psbt: the transaction has no inputs or no outputs");
  BEN_TRY(review_inputs(keys, review));
  BEN_TRY(const auto output_sats, review_outputs(keys, index_max, review));
  if (output_sats > review.input_sats)
    return refused("psbt-amount", "psbt: the outputs are worth more than the inputs");

  review.fee_sats = review.input_sats - output_sats;
  review.outflow_sats = review.input_sats - review.change_sats;
  measure(review);
  review.fee_rate_sats_per_vbyte = (review.fee_sats + review.vsize_min - 1) / review.vsize_min;
  if (review.fee_sats > fee_sats_max) return refused("psbt-fee", "psbt: the fee is over 0.1 BTC");
  if (review.fee_rate_sats_per_vbyte > fee_rate_sats_per_vbyte_max)
    return refused("psbt-fee-rate", "psbt: the fee is over 10,000 satoshi per vbyte");
  Writer spent;
  for (const ReviewedInput& input : review.inputs) write_output(spent, {input.amount_sats, input.script});
  review.decision_key = sha256({review.psbt.transaction_bytes(), spent.view()});
  return review;
}

std::vector<Hash256> signature_hashes(const Review& review) {
  std::vector<TransactionOutput> spent;
  spent.reserve(review.inputs.size());
  for (const ReviewedInput& input : review.inputs)
    spent.push_back({.amount_sats = input.amount_sats, .script = input.script});
  const SignatureHasher hasher(review.psbt.transaction(), spent);

  std::vector<Hash256> hashes;
  hashes.reserve(review.inputs.size());
  for (std::size_t i = 0; i < review.inputs.size(); ++i) {
    const ReviewedInput& input = review.inputs[i];
    const Script code = make_script(Purpose::p2pkh, input.key.encoded);
    hashes.push_back(input.purpose == Purpose::p2tr    ? hasher.taproot_key_path(i, input.sighash)
                     : input.purpose == Purpose::p2pkh ? hasher.legacy(i, code)
                                                       : hasher.segwit_v0(i, code));
  }
  return hashes;
}

}  // namespace ben::bitcoin
