// Partially signed Bitcoin transactions, versions 0 (BIP 174) and 2 (BIP 370), with taproot's fields (BIP
// 371).
#pragma once

#include "base/result.hpp"
#include "bitcoin/transaction.hpp"

namespace ben::bitcoin {

inline constexpr std::size_t psbt_bytes_max = 8'000'000;
inline constexpr std::size_t psbt_inputs_max = 10'000;
inline constexpr std::size_t psbt_outputs_max = 10'000;
// Bounds the memory of a parse: 20 for each input and 5 for each output at their limits.
inline constexpr std::size_t psbt_fields_max = 250'000;

// Field types this project reads or writes.
namespace psbt_global {
inline constexpr std::uint8_t unsigned_transaction = 0x00;
inline constexpr std::uint8_t transaction_version = 0x02;
inline constexpr std::uint8_t fallback_lock_time = 0x03;
inline constexpr std::uint8_t input_count = 0x04;
inline constexpr std::uint8_t output_count = 0x05;
inline constexpr std::uint8_t modifiable = 0x06;
inline constexpr std::uint8_t version = 0xfb;
}  // namespace psbt_global
namespace psbt_in {
inline constexpr std::uint8_t non_witness_utxo = 0x00;
inline constexpr std::uint8_t witness_utxo = 0x01;
inline constexpr std::uint8_t partial_sig = 0x02;
inline constexpr std::uint8_t sighash_type = 0x03;
inline constexpr std::uint8_t redeem_script = 0x04;
inline constexpr std::uint8_t witness_script = 0x05;
inline constexpr std::uint8_t bip32_derivation = 0x06;
inline constexpr std::uint8_t final_script_sig = 0x07;
inline constexpr std::uint8_t final_script_witness = 0x08;
inline constexpr std::uint8_t previous_txid = 0x0e;
inline constexpr std::uint8_t output_index = 0x0f;
inline constexpr std::uint8_t sequence = 0x10;
inline constexpr std::uint8_t required_time = 0x11;
inline constexpr std::uint8_t required_height = 0x12;
inline constexpr std::uint8_t tap_key_sig = 0x13;
inline constexpr std::uint8_t tap_script_sig = 0x14;
inline constexpr std::uint8_t tap_bip32_derivation = 0x16;
}  // namespace psbt_in
namespace psbt_out {
inline constexpr std::uint8_t bip32_derivation = 0x02;
inline constexpr std::uint8_t amount = 0x03;
inline constexpr std::uint8_t script = 0x04;
inline constexpr std::uint8_t tap_bip32_derivation = 0x07;
}  // namespace psbt_out

// One key-value pair, as views into the PSBT's bytes. `key` starts with the type.
struct PsbtField {
  ByteView key;
  ByteView value;
};

// One that a signer adds.
struct NewPsbtField {
  Bytes key;
  Bytes value;
};

// A parsed PSBT: owns its bytes and keeps each field as it came, known or not, in its order. Both versions
// give one unsigned transaction, and only psbt.cpp knows them apart.
class Psbt {
 public:
  // Fails with `malformed`: psbt-limit (bytes, inputs, outputs, fields), psbt-magic, psbt-form (cut, trailing
  // bytes, a size not of the shortest form, a wrong number of maps), psbt-duplicate-key, psbt-field (a known
  // field whose key or value has a wrong size or form), psbt-version (not 0 or 2, or a field that its version
  // excludes), psbt-lock-time (version 2: inputs that require a height, others a time), psbt-transaction (a
  // part missing, not strict, in witness form, or with a scriptSig).
  static Result<Psbt> parse(Bytes bytes);

  Psbt(const Psbt&) = delete;  // fields are views into bytes_
  Psbt& operator=(const Psbt&) = delete;
  Psbt(Psbt&&) noexcept = default;
  Psbt& operator=(Psbt&&) noexcept = default;
  ~Psbt() = default;

  [[nodiscard]] const Transaction& transaction() const noexcept { return transaction_; }
  // The unsigned transaction: what version 0 carries, and version 2 describes.
  [[nodiscard]] ByteView transaction_bytes() const noexcept { return transaction_bytes_; }

  // The fields of a map, in their order.
  [[nodiscard]] std::span<const PsbtField> global() const noexcept { return maps_[0]; }
  [[nodiscard]] std::span<const PsbtField> input(std::size_t index) const noexcept {
    return maps_[1 + index];
  }
  [[nodiscard]] std::span<const PsbtField> output(std::size_t index) const noexcept {
    return maps_[1 + transaction_.inputs.size() + index];
  }

  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }

  // The same PSBT with one more field at the end of each input's map: `fields` has one for each input, a
  // signature that commits to all inputs and outputs, so version 2's flags say modifiable no more (BIP 370).
  [[nodiscard]] Bytes encode_with(std::span<const NewPsbtField> fields) const;

 private:
  Psbt() = default;

  Bytes bytes_;
  Bytes composed_;                            // the transaction, where bytes_ does not have it
  std::vector<std::vector<PsbtField>> maps_;  // global, then inputs, then outputs
  ByteView transaction_bytes_;
  Transaction transaction_;
};

// The first field of this type, or nothing.
[[nodiscard]] const PsbtField* find_field(std::span<const PsbtField> fields, std::uint8_t type) noexcept;

}  // namespace ben::bitcoin
