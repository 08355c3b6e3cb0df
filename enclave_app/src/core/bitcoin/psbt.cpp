#include "bitcoin/psbt.hpp"

namespace ben::bitcoin {
namespace {

constexpr ByteArray<5> magic{'p', 's', 'b', 't', 0xff};
constexpr std::uint8_t global_unsigned_transaction = 0x00;

enum class MapKind : std::uint8_t { global, input, output };

// What a value has to look like.
enum class Form : std::uint8_t {
  any,
  not_here,      // a field of version 2
  zero_u32,      // the version
  u32,           // 4 bytes
  key,           // 32 bytes
  schnorr,       // 64 bytes, or 65 with a hash type
  utxo,          // an amount and a script
  path,          // a fingerprint and indexes
  taproot_path,  // leaf hashes, then the same
};

// Known fields: a range of types, the size of their keys after the type, and the form of their values.
struct Rule {
  MapKind map;
  std::uint8_t first_type;
  std::uint8_t last_type;
  std::size_t key_bytes;
  Form form;
};

constexpr std::size_t public_key = 33;  // or 65, uncompressed

// BIP 174, BIP 370 (which excludes its fields from version 0) and BIP 371. What is not here is kept unread.
constexpr std::array rules{
    Rule{MapKind::global, 0x00, 0x00, 0, Form::any},    // UNSIGNED_TX, parsed on its own
    Rule{MapKind::global, 0x01, 0x01, 78, Form::path},  // XPUB
    Rule{MapKind::global, 0x02, 0x06, 0, Form::not_here},
    Rule{MapKind::global, 0xfb, 0xfb, 0, Form::zero_u32},      // VERSION
    Rule{MapKind::input, 0x00, 0x00, 0, Form::any},            // NON_WITNESS_UTXO, parsed by the review
    Rule{MapKind::input, 0x01, 0x01, 0, Form::utxo},           // WITNESS_UTXO
    Rule{MapKind::input, 0x02, 0x02, public_key, Form::any},   // PARTIAL_SIG
    Rule{MapKind::input, 0x03, 0x03, 0, Form::u32},            // SIGHASH_TYPE
    Rule{MapKind::input, 0x04, 0x05, 0, Form::any},            // REDEEM_SCRIPT, WITNESS_SCRIPT
    Rule{MapKind::input, 0x06, 0x06, public_key, Form::path},  // BIP32_DERIVATION
    Rule{MapKind::input, 0x07, 0x08, 0, Form::any},            // FINAL_SCRIPTSIG, FINAL_SCRIPTWITNESS
    Rule{MapKind::input, 0x0e, 0x12, 0, Form::not_here},
    Rule{MapKind::input, 0x13, 0x13, 0, Form::schnorr},         // TAP_KEY_SIG
    Rule{MapKind::input, 0x14, 0x14, 64, Form::schnorr},        // TAP_SCRIPT_SIG
    Rule{MapKind::input, 0x16, 0x16, 32, Form::taproot_path},   // TAP_BIP32_DERIVATION
    Rule{MapKind::input, 0x17, 0x18, 0, Form::key},             // TAP_INTERNAL_KEY, TAP_MERKLE_ROOT
    Rule{MapKind::output, 0x00, 0x01, 0, Form::any},            // REDEEM_SCRIPT, WITNESS_SCRIPT
    Rule{MapKind::output, 0x02, 0x02, public_key, Form::path},  // BIP32_DERIVATION
    Rule{MapKind::output, 0x03, 0x04, 0, Form::not_here},
    Rule{MapKind::output, 0x05, 0x05, 0, Form::key},            // TAP_INTERNAL_KEY
    Rule{MapKind::output, 0x06, 0x06, 0, Form::any},            // TAP_TREE
    Rule{MapKind::output, 0x07, 0x07, 32, Form::taproot_path},  // TAP_BIP32_DERIVATION
};

bool has_form(ByteView value, Form form) noexcept {
  Reader reader(value);
  if (form == Form::utxo) static_cast<void>(read_output(reader));
  if (form == Form::taproot_path) {
    const std::uint64_t leaves = read_compact_size(reader);
    if (leaves > reader.remaining() / 32) return false;
    static_cast<void>(reader.take(static_cast<std::size_t>(leaves) * 32));
  }
  const std::size_t rest = reader.remaining();
  if (form == Form::not_here || reader.failed()) return false;
  if (form == Form::zero_u32) return rest == 4 && reader.u32_le() == 0;
  if (form == Form::u32) return rest == 4;
  if (form == Form::key) return rest == 32;
  if (form == Form::schnorr) return rest == 64 || rest == 65;
  if (form == Form::utxo) return rest == 0;
  return form == Form::any || (rest >= 4 && rest % 4 == 0);  // a path
}

Result<> admit_field(MapKind map, const PsbtField& field) {
  Reader type(field.key);
  static_cast<void>(read_compact_size(type));
  if (type.failed()) return malformed("psbt-form", "psbt: a field's type is not of the shortest form");
  const std::uint8_t first = field.key[0];
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) {
    return r.map == map && r.first_type <= first && first <= r.last_type;
  });
  if (rule == rules.end()) return Ok{};
  const std::size_t key_bytes = field.key.size() - 1;
  const bool key_fits = key_bytes == rule->key_bytes || (rule->key_bytes == public_key && key_bytes == 65);
  if (key_fits && has_form(field.value, rule->form)) return Ok{};
  if (rule->form == Form::not_here || rule->form == Form::zero_u32)
    return malformed("psbt-version", "psbt: not of version 0");
  return malformed("psbt-field", "psbt: a known field has a wrong key or value");
}

Result<> refuse_duplicates(std::span<const PsbtField> fields) {
  std::vector<std::string_view> keys;
  keys.reserve(fields.size());
  for (const PsbtField& field : fields) keys.push_back(as_text(field.key));
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) == keys.end()) return Ok{};
  return malformed("psbt-duplicate-key", "psbt: a map has one key twice");
}

// Appends the fields of one map, up to its separator.
Result<> read_map(Reader& reader, MapKind kind, std::vector<PsbtField>& fields) {
  const std::size_t first = fields.size();
  for (ByteView key = read_sized(reader); !key.empty(); key = read_sized(reader)) {
    const PsbtField field{.key = key, .value = read_sized(reader)};
    if (reader.failed()) break;
    if (fields.size() == psbt_fields_max) return malformed("psbt-limit", "psbt: over 250,000 fields");
    const auto admitted = admit_field(kind, field);
    if (!admitted) return admitted.error();
    fields.push_back(field);
  }
  if (reader.failed()) return malformed("psbt-form", "psbt: cut, or a size not of the shortest form");
  return refuse_duplicates(std::span(fields).subspan(first));
}

Result<Transaction> parse_unsigned(ByteView bytes) {
  auto transaction = parse_transaction(bytes, TransactionForm::stripped);
  if (!transaction) return transaction.error();
  if (transaction->inputs.size() > psbt_inputs_max || transaction->outputs.size() > psbt_outputs_max)
    return malformed("psbt-limit", "psbt: over 10,000 inputs or outputs");
  if (!std::all_of(transaction->inputs.begin(), transaction->inputs.end(),
                   [](const TransactionInput& input) { return input.script_sig.empty(); }))
    return malformed("psbt-transaction", "psbt: the unsigned transaction has a scriptSig");
  return transaction;
}

}  // namespace

Result<Psbt> Psbt::parse(Bytes bytes) {
  if (bytes.size() > psbt_bytes_max) return malformed("psbt-limit", "psbt: over 8,000,000 bytes");
  Psbt psbt;
  psbt.bytes_ = std::move(bytes);
  Reader reader(psbt.bytes_);
  if (!equal(reader.take(magic.size()), magic))
    return malformed("psbt-magic", "psbt: does not start with psbt and 0xff");
  const auto take_map = [&](MapKind kind) -> Result<> {
    Map map{.first_field = psbt.fields_.size()};
    const auto read = read_map(reader, kind, psbt.fields_);
    if (!read) return read.error();
    map.field_count = psbt.fields_.size() - map.first_field;
    map.end = psbt.bytes_.size() - reader.remaining() - 1;
    psbt.maps_.push_back(map);
    return Ok{};
  };

  const auto global = take_map(MapKind::global);
  if (!global) return global.error();
  const PsbtField* const unsigned_transaction = find_field(psbt.fields_, global_unsigned_transaction);
  if (unsigned_transaction == nullptr)
    return malformed("psbt-transaction", "psbt: the unsigned transaction is missing");
  psbt.transaction_bytes_ = unsigned_transaction->value;
  auto transaction = parse_unsigned(psbt.transaction_bytes_);
  if (!transaction) return transaction.error();
  psbt.transaction_ = *std::move(transaction);

  for (std::size_t i = 0; i < psbt.transaction_.inputs.size(); ++i) {
    const auto input = take_map(MapKind::input);
    if (!input) return input.error();
  }
  for (std::size_t i = 0; i < psbt.transaction_.outputs.size(); ++i) {
    const auto output = take_map(MapKind::output);
    if (!output) return output.error();
  }
  const auto finished = reader.finish("psbt-form", "psbt: bytes after the last map");
  if (!finished) return finished.error();
  return psbt;
}

std::span<const PsbtField> Psbt::fields_of(const Map& map) const noexcept {
  return std::span(fields_).subspan(map.first_field, map.field_count);
}

Bytes Psbt::encode_with(std::span<const NewPsbtField> fields) const {
  std::size_t expected_bytes = bytes_.size();
  for (const NewPsbtField& field : fields) expected_bytes += field.key.size() + field.value.size() + 4;
  Writer writer(expected_bytes);
  std::size_t copied = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = maps_[1 + i].end;
    writer.bytes(ByteView(bytes_).subspan(copied, end - copied));
    write_sized(writer, fields[i].key);
    write_sized(writer, fields[i].value);
    copied = end;
  }
  return writer.bytes(ByteView(bytes_).subspan(copied)).take();
}

const PsbtField* find_field(std::span<const PsbtField> fields, std::uint8_t type) noexcept {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [type](const PsbtField& f) { return f.key[0] == type; });
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace ben::bitcoin
