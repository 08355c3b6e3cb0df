#include "psbt/convert.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "psbt/field_types.hpp"
#include "psbt/maps.hpp"

namespace ben::psbt {

using bitcoin::PsbtField;

namespace {

constexpr Error bad_field = malformed("psbt-field", "psbt: a known field has a wrong key or value");
constexpr std::uint32_t sequence_final = 0xffffffff;
constexpr std::uint32_t lock_time_threshold =
    500'000'000;  // below it a block height, else seconds since 1970
constexpr std::array<std::uint8_t, 4> version_2 = {2, 0, 0, 0};

// Reads fields of version 2 straight through; the first flaw stays.
class FieldReader {
 public:
  // The value, of `bytes` bytes; empty where it is missing or has another size.
  ByteView take(const Map& map, std::uint8_t type, std::size_t bytes) {
    const ByteView* const value = find_value(map, type);
    if (value == nullptr) fail(malformed("psbt-missing", "psbt: a field that version 2 wants is missing"));
    if (value == nullptr || !has_size(*value, bytes)) return {};
    return *value;
  }

  std::optional<std::uint32_t> optional_u32(const Map& map, std::uint8_t type) {
    const ByteView* const value = find_value(map, type);
    if (value == nullptr || !has_size(*value, 4)) return std::nullopt;
    return Reader(*value).u32_le();
  }

  void fail(const Error& error) {
    if (!error_) error_ = error;
  }
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

 private:
  bool has_size(ByteView value, std::size_t bytes) {
    if (value.size() != bytes) fail(bad_field);
    return value.size() == bytes;
  }

  std::optional<Error> error_;
};

// BIP 370, "Determining Lock Time".
class LockTime {
 public:
  void add(FieldReader& reader, const Map& input) {
    const auto time = reader.optional_u32(input, in_required_time);
    const auto height = reader.optional_u32(input, in_required_height);
    if ((time && *time < lock_time_threshold) || (height && (*height == 0 || *height >= lock_time_threshold)))
      reader.fail(bad_field);
    if (!time && !height) return;
    is_required_ = true;
    time_ = time && time_ ? std::optional(std::max(*time, *time_)) : std::nullopt;
    height_ = height && height_ ? std::optional(std::max(*height, *height_)) : std::nullopt;
  }

  [[nodiscard]] bool is_required() const noexcept { return is_required_; }

  [[nodiscard]] Result<std::uint32_t> choose(std::uint32_t fallback) const {
    if (!is_required_) return fallback;
    if (height_) return *height_;  // before a time, where both would do
    if (time_) return *time_;
    return refused("psbt-lock-time", "psbt: one input wants a height as lock time, and another one a time");
  }

 private:
  bool is_required_ = false;
  std::optional<std::uint32_t> time_ = 0;  // the highest; nothing once an input does without
  std::optional<std::uint32_t> height_ = 0;
};

Map without(const Map& map, std::initializer_list<std::uint8_t> types) {
  Map rest;
  std::ranges::copy_if(map, std::back_inserter(rest), [&](const PsbtField& field) {
    return field.key.size() != 1 || std::ranges::find(types, field.key[0]) == types.end();
  });
  return rest;
}

bool has_any(const Map& map, const std::array<std::uint8_t, 2>& types) {
  return std::ranges::any_of(
      map, [&](const PsbtField& field) { return std::ranges::find(types, field.key[0]) != types.end(); });
}

bool has_silent_payments(const Maps& maps) {
  return has_any(maps.global, global_silent_payments) ||
         std::ranges::any_of(maps.inputs, [](const Map& map) { return has_any(map, in_silent_payments); }) ||
         std::ranges::any_of(maps.outputs, [](const Map& map) { return has_any(map, out_silent_payments); });
}

// The transaction's bytes without scriptSigs and witnesses, from the fields that version 2 has in its place.
Result<Bytes> build_transaction(const Maps& maps, bool& has_required_lock_times) {
  FieldReader reader;
  LockTime lock_time;
  Writer writer;
  writer.bytes(reader.take(maps.global, global_transaction_version, 4));
  bitcoin::write_compact_size(writer, maps.inputs.size());
  for (const Map& input : maps.inputs) {
    writer.bytes(reader.take(input, in_previous_txid, 32)).bytes(reader.take(input, in_output_index, 4));
    writer.u8(0).u32_le(reader.optional_u32(input, in_sequence).value_or(sequence_final));
    lock_time.add(reader, input);
  }
  bitcoin::write_compact_size(writer, maps.outputs.size());
  for (const Map& output : maps.outputs) {
    writer.bytes(reader.take(output, out_amount, 8));
    const ByteView* const script = find_value(output, out_script);
    if (script == nullptr)
      reader.fail(malformed("psbt-missing", "psbt: a field that version 2 wants is missing"));
    if (script != nullptr) bitcoin::write_sized(writer, *script);
  }
  const std::uint32_t fallback = reader.optional_u32(maps.global, global_fallback_lock_time).value_or(0);
  if (reader.error()) return *reader.error();
  const auto chosen = lock_time.choose(fallback);
  if (!chosen) return chosen.error();
  has_required_lock_times = lock_time.is_required();
  return writer.u32_le(*chosen).take();
}

// Keys and values that are new, for as long as a Map has views of them.
class NewFields {
 public:
  void add(Map& map, std::uint8_t type, Bytes value) {
    fields_.push_back({.key = {type}, .value = std::move(value)});
    map.push_back({.key = fields_.back().key, .value = fields_.back().value});
  }

 private:
  std::vector<bitcoin::NewPsbtField> fields_;  // moving one does not move its bytes
};

Bytes u32_bytes(std::uint32_t value) {
  return Writer().u32_le(value).take();
}

Bytes count_bytes(std::size_t count) {
  Writer writer;
  bitcoin::write_compact_size(writer, count);
  return writer.take();
}

}  // namespace

Result<Version0> convert_to_version_0(ByteView psbt) {
  const auto maps = parse_version_2_maps(psbt);
  if (!maps) return maps.error();
  if (find_value(maps->global, global_unsigned_transaction) != nullptr)
    return malformed("psbt-version", "psbt: version 2 has no unsigned transaction as a whole");
  if (has_silent_payments(*maps))
    return refused("psbt-silent-payment", "psbt: fields of silent payments (BIP 375) are not of version 0");
  Version0 result;
  const auto transaction = build_transaction(*maps, result.lost_required_lock_times);
  if (!transaction) return transaction.error();
  const ByteView* const modifiable = find_value(maps->global, global_modifiable);
  if (modifiable != nullptr && modifiable->size() != 1) return bad_field;
  result.lost_modifiable = modifiable != nullptr && modifiable->front() != 0;

  NewFields fields;
  Maps converted;
  fields.add(converted.global, global_unsigned_transaction, *transaction);
  std::ranges::copy(
      without(maps->global, {global_transaction_version, global_fallback_lock_time, global_input_count,
                             global_output_count, global_modifiable, global_version}),
      std::back_inserter(converted.global));
  for (const Map& input : maps->inputs)
    converted.inputs.push_back(without(
        input, {in_previous_txid, in_output_index, in_sequence, in_required_time, in_required_height}));
  for (const Map& output : maps->outputs)
    converted.outputs.push_back(without(output, {out_amount, out_script}));
  result.psbt = encode_maps(converted);
  // Judges all that both versions have, and that nothing of version 2 is left.
  const auto parsed = bitcoin::Psbt::parse(result.psbt);
  if (!parsed) return parsed.error();
  return result;
}

Result<Bytes> convert_to_version_2(ByteView psbt) {
  const auto parsed = bitcoin::Psbt::parse(to_bytes(psbt));
  if (!parsed) return parsed.error();
  const Map global(parsed->global().begin(), parsed->global().end());
  if (find_value(global, global_unsigned_transaction) == nullptr)
    return malformed("psbt-version", "psbt: not of version 0");
  const bitcoin::Transaction& transaction = parsed->transaction();
  NewFields fields;
  Maps maps;
  fields.add(maps.global, global_transaction_version, u32_bytes(transaction.version));
  fields.add(maps.global, global_fallback_lock_time, u32_bytes(transaction.lock_time));
  fields.add(maps.global, global_input_count, count_bytes(transaction.inputs.size()));
  fields.add(maps.global, global_output_count, count_bytes(transaction.outputs.size()));
  std::ranges::copy(without(global, {global_unsigned_transaction, global_version}),
                    std::back_inserter(maps.global));
  fields.add(maps.global, global_version, to_bytes(version_2));
  for (std::size_t i = 0; i < transaction.inputs.size(); ++i) {
    const bitcoin::TransactionInput& input = transaction.inputs[i];
    Map& map = maps.inputs.emplace_back();
    fields.add(map, in_previous_txid, to_bytes(input.previous_output.txid));
    fields.add(map, in_output_index, u32_bytes(input.previous_output.index));
    fields.add(map, in_sequence, u32_bytes(input.sequence));
    std::ranges::copy(parsed->input(i), std::back_inserter(map));
  }
  for (std::size_t i = 0; i < transaction.outputs.size(); ++i) {
    const bitcoin::TransactionOutput& output = transaction.outputs[i];
    Map& map = maps.outputs.emplace_back();
    fields.add(map, out_amount, Writer().u64_le(output.amount_sats).take());
    fields.add(map, out_script, to_bytes(output.script));
    std::ranges::copy(parsed->output(i), std::back_inserter(map));
  }
  Bytes result = encode_maps(maps);
  const auto again = parse_version_2_maps(result);  // it has more bytes and fields, up to the same limits
  if (!again) return again.error();
  return result;
}

}  // namespace ben::psbt
