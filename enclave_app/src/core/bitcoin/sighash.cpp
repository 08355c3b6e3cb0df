#include "bitcoin/sighash.hpp"

#include "bitcoin/script.hpp"

namespace ben::bitcoin {
namespace {

template <typename Items, typename WriteOne>
Hash256 hash_each(const Items& items, WriteOne write_one) {
  Writer writer;
  for (const auto& item : items) write_one(writer, item);
  return sha256(ByteView(writer.view()));
}

void write_outpoint(Writer& writer, const TransactionInput& input) {
  writer.bytes(input.previous_output.txid).u32_le(input.previous_output.index);
}

}  // namespace

SignatureHasher::SignatureHasher(const Transaction& transaction, std::span<const TransactionOutput> spent)
    : transaction_(&transaction), spent_(spent) {
  const Hash256 prevouts = hash_each(transaction.inputs, write_outpoint);
  const Hash256 sequences = hash_each(transaction.inputs, [](Writer& writer, const TransactionInput& input) {
    writer.u32_le(input.sequence);
  });
  const Hash256 outputs = hash_each(transaction.outputs, write_output);
  const Hash256 amounts = hash_each(
      spent, [](Writer& writer, const TransactionOutput& output) { writer.u64_le(output.amount_sats); });
  const Hash256 scripts = hash_each(
      spent, [](Writer& writer, const TransactionOutput& output) { write_sized(writer, output.script); });

  Writer writer;
  writer.u32_le(transaction.version).bytes(sha256(ByteView(prevouts))).bytes(sha256(ByteView(sequences)));
  segwit_start_ = writer.take();
  writer.bytes(sha256(ByteView(outputs))).u32_le(transaction.lock_time).u32_le(1);  // SIGHASH_ALL
  segwit_end_ = writer.take();
  writer.u32_le(transaction.version)
      .u32_le(transaction.lock_time)
      .bytes(prevouts)
      .bytes(amounts)
      .bytes(scripts);
  taproot_shared_ = writer.bytes(sequences).bytes(outputs).take();
  taproot_start_ = tagged_sha256("TapSighash").update(ByteArray<1>{0});  // epoch 0
}

Hash256 SignatureHasher::segwit_v0(std::size_t input, ByteView script_code) const {
  const TransactionInput& spending = transaction_->inputs[input];
  Writer writer(segwit_start_.size() + script_code.size() + 64 + segwit_end_.size());
  writer.bytes(segwit_start_);
  write_outpoint(writer, spending);
  write_sized(writer, script_code);
  writer.u64_le(spent_[input].amount_sats).u32_le(spending.sequence).bytes(segwit_end_);
  return sha256d(writer.view());
}

Hash256 SignatureHasher::p2wpkh(std::size_t input) const {
  return segwit_v0(input, make_p2pkh(spent_[input].script.subspan(2)));
}

Hash256 SignatureHasher::taproot_key_path(std::size_t input, SighashType type) const {
  Writer tail;
  tail.u8(0).u32_le(static_cast<std::uint32_t>(input));  // spend type: key path, no annex
  return Sha256(taproot_start_)
      .update(ByteArray<1>{static_cast<std::uint8_t>(type)})
      .update(taproot_shared_)
      .update(tail.view())
      .finish();
}

}  // namespace ben::bitcoin
