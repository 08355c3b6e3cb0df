#include "psbt/convert.hpp"

#include <algorithm>

#include "bitcoin/psbt.hpp"

namespace ben::psbt {

using bitcoin::Psbt;
using bitcoin::PsbtField;

namespace psbt_global = bitcoin::psbt_global;
namespace psbt_in = bitcoin::psbt_in;
namespace psbt_out = bitcoin::psbt_out;

namespace {

using Fields = std::span<const PsbtField>;
using Types = std::initializer_list<std::uint8_t>;

// BIP 375, which is of version 2 alone: what it promises cannot be said in version 0.
constexpr Types global_silent_payments = {0x07, 0x08};
constexpr Types in_silent_payments = {0x1d, 0x1e};
constexpr Types out_silent_payments = {0x09, 0x0a};

bool has_any(Fields fields, Types types) {
  return std::ranges::any_of(types,
                             [&](std::uint8_t type) { return bitcoin::find_field(fields, type) != nullptr; });
}

bool is_version_0(const Psbt& psbt) { return has_any(psbt.global(), {psbt_global::unsigned_transaction}); }

Result<> refuse_silent_payments(const Psbt& psbt) {
  bool has_them = has_any(psbt.global(), global_silent_payments);
  for (std::size_t i = 0; i < psbt.transaction().inputs.size(); ++i)
    has_them |= has_any(psbt.input(i), in_silent_payments);
  for (std::size_t i = 0; i < psbt.transaction().outputs.size(); ++i)
    has_them |= has_any(psbt.output(i), out_silent_payments);
  if (!has_them) return Ok{};
  return refused("psbt-silent-payment", "psbt: fields of silent payments (BIP 375) are not of version 0");
}

void write_field(Writer& writer, std::uint8_t type, ByteView value) {
  writer.u8(1).u8(type);
  bitcoin::write_sized(writer, value);
}

// The rest of a map: all fields but those of `types`, and its end.
void write_rest(Writer& writer, Fields fields, Types types) {
  for (const PsbtField& field : fields) {
    if (std::ranges::find(types, field.key[0]) != types.end()) continue;
    bitcoin::write_sized(writer, field.key);
    bitcoin::write_sized(writer, field.value);
  }
  writer.u8(0);
}

Bytes u32_bytes(std::uint32_t value) { return Writer().u32_le(value).take(); }

Bytes count_bytes(std::size_t count) {
  Writer writer;
  bitcoin::write_compact_size(writer, count);
  return writer.take();
}

}  // namespace

Result<Version0> convert_to_version_0(Bytes psbt) {
  const auto parsed = Psbt::parse(std::move(psbt));
  if (!parsed) return parsed.error();
  if (is_version_0(*parsed)) return malformed("psbt-version", "psbt: of version 0 already");
  if (const auto admitted = refuse_silent_payments(*parsed); !admitted) return admitted.error();
  const std::size_t inputs = parsed->transaction().inputs.size();
  const std::size_t outputs = parsed->transaction().outputs.size();

  Version0 result;
  const PsbtField* const modifiable = bitcoin::find_field(parsed->global(), psbt_global::modifiable);
  result.lost_modifiable = modifiable != nullptr && modifiable->value[0] != 0;
  Writer writer(parsed->bytes().size());
  writer.text("psbt\xff");
  write_field(writer, psbt_global::unsigned_transaction, parsed->transaction_bytes());
  write_rest(writer, parsed->global(),
             {psbt_global::transaction_version, psbt_global::fallback_lock_time, psbt_global::input_count,
              psbt_global::output_count, psbt_global::modifiable, psbt_global::version});
  for (std::size_t i = 0; i < inputs; ++i) {
    const Fields input = parsed->input(i);
    result.lost_required_lock_times |= has_any(input, {psbt_in::required_time, psbt_in::required_height});
    write_rest(writer, input,
               {psbt_in::previous_txid, psbt_in::output_index, psbt_in::sequence, psbt_in::required_time,
                psbt_in::required_height});
  }
  for (std::size_t i = 0; i < outputs; ++i)
    write_rest(writer, parsed->output(i), {psbt_out::amount, psbt_out::script});
  result.psbt = writer.take();
  return result;
}

Result<Bytes> convert_to_version_2(Bytes psbt) {
  const auto parsed = Psbt::parse(std::move(psbt));
  if (!parsed) return parsed.error();
  if (!is_version_0(*parsed)) return malformed("psbt-version", "psbt: of version 2 already");
  if (const auto admitted = refuse_silent_payments(*parsed); !admitted) return admitted.error();
  const bitcoin::Transaction& transaction = parsed->transaction();
  Writer writer(2 * parsed->bytes().size());
  writer.text("psbt\xff");
  write_field(writer, psbt_global::transaction_version, u32_bytes(transaction.version));
  write_field(writer, psbt_global::fallback_lock_time, u32_bytes(transaction.lock_time));
  write_field(writer, psbt_global::input_count, count_bytes(transaction.inputs.size()));
  write_field(writer, psbt_global::output_count, count_bytes(transaction.outputs.size()));
  write_field(writer, psbt_global::version, u32_bytes(2));
  write_rest(writer, parsed->global(), {psbt_global::unsigned_transaction, psbt_global::version});
  for (std::size_t i = 0; i < transaction.inputs.size(); ++i) {
    const bitcoin::TransactionInput& input = transaction.inputs[i];
    write_field(writer, psbt_in::previous_txid, input.previous_output.txid);
    write_field(writer, psbt_in::output_index, u32_bytes(input.previous_output.index));
    write_field(writer, psbt_in::sequence, u32_bytes(input.sequence));
    write_rest(writer, parsed->input(i), {});
  }
  for (std::size_t i = 0; i < transaction.outputs.size(); ++i) {
    const bitcoin::TransactionOutput& output = transaction.outputs[i];
    write_field(writer, psbt_out::amount, Writer().u64_le(output.amount_sats).view());
    write_field(writer, psbt_out::script, output.script);
    write_rest(writer, parsed->output(i), {});
  }
  const auto again = Psbt::parse(writer.take());  // it has more bytes and fields, up to the same limits
  if (!again) return again.error();
  return again->bytes();
}

}  // namespace ben::psbt
