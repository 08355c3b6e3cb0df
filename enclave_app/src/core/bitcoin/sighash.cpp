#include "bitcoin/sighash.hpp"

namespace ben::bitcoin {

constexpr ByteArray<4> all_as_u32{static_cast<std::uint8_t>(SighashType::all)};

SignatureHasher::SignatureHasher(const Transaction& transaction, std::span<const TransactionOutput> spent)
    : transaction_(&transaction), spent_(spent) {
  Writer outpoints;
  Writer all_sequences;
  Writer all_outputs;
  Writer all_amounts;
  Writer all_scripts;
  for (const TransactionInput& input : transaction.inputs) {
    outpoints.bytes(input.previous_output.txid).u32_le(input.previous_output.index);
    all_sequences.u32_le(input.sequence);
  }
  for (const TransactionOutput& output : transaction.outputs) write_output(all_outputs, output);
  for (const TransactionOutput& coin : spent) {
    all_amounts.u64_le(coin.amount_sats);
    write_sized(all_scripts, coin.script);
  }
  const Hash256 prevouts = sha256(outpoints.view());
  const Hash256 sequences = sha256(all_sequences.view());
  const Hash256 outputs = sha256(all_outputs.view());

  Writer writer;
  writer.u32_le(transaction.version).bytes(sha256(ByteView(prevouts))).bytes(sha256(ByteView(sequences)));
  segwit_start_ = writer.take();
  writer.bytes(sha256(ByteView(outputs))).u32_le(transaction.lock_time).bytes(all_as_u32);
  segwit_end_ = writer.take();
  writer.u32_le(transaction.version).u32_le(transaction.lock_time).bytes(prevouts);
  writer.bytes(sha256(all_amounts.view())).bytes(sha256(all_scripts.view())).bytes(sequences).bytes(outputs);
  taproot_shared_ = writer.take();
}

Hash256 SignatureHasher::legacy(std::size_t input, ByteView script_code) const {
  const auto& [version, body, lock_time] = transaction_->stripped;
  // The code takes the place of this input's empty scriptSig, whose size is the one byte before it.
  const auto place = static_cast<std::size_t>(transaction_->inputs[input].script_sig.data() - body.data());
  Writer code;
  write_sized(code, script_code);
  return sha256(ByteView(
      sha256({version, body.first(place - 1), code.view(), body.subspan(place), lock_time, all_as_u32})));
}

Hash256 SignatureHasher::segwit_v0(std::size_t input, ByteView script_code) const {
  const TransactionInput& spending = transaction_->inputs[input];
  Writer writer(segwit_start_.size() + script_code.size() + 64 + segwit_end_.size());
  writer.bytes(segwit_start_);
  writer.bytes(spending.previous_output.txid).u32_le(spending.previous_output.index);
  write_sized(writer, script_code);
  writer.u64_le(spent_[input].amount_sats).u32_le(spending.sequence).bytes(segwit_end_);
  return sha256d(writer.view());
}

Hash256 SignatureHasher::taproot_key_path(std::size_t input, SighashType type) const {
  Writer writer;
  writer.u8(0).u8(static_cast<std::uint8_t>(type)).bytes(taproot_shared_);  // epoch 0
  writer.u8(0).u32_le(static_cast<std::uint32_t>(input));                   // spend type: key path, no annex
  return tagged_sha256("TapSighash").update(writer.view()).finish();
}

}  // namespace ben::bitcoin
