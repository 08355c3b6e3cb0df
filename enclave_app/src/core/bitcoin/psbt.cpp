#include "bitcoin/psbt.hpp"

namespace ben::bitcoin {
namespace {

constexpr ByteArray<5> magic{'p', 's', 'b', 't', 0xff};
enum class MapKind : std::uint8_t { global, input, output };

// Which version has a field, and whether it has to.
enum class Presence : std::uint8_t { either, v0_needs, v2, v2_needs };

// What a value has to look like. A form below 100 is a number of bytes.
enum class Form : std::uint8_t {
  any,
  flags = 1,
  u32 = 4,
  u64 = 8,
  key = 32,
  schnorr = 100,  // 64 bytes, or 65 with a hash type
  count,          // a compact size
  height,         // a lock time that is a height, and not 0
  time,           // a lock time that is a time
  utxo,           // an amount and a script
  path,           // a fingerprint and indexes
  taproot_path,   // leaf hashes, then the same
  leaf_script,    // a script and the version of its leaf
  tree,           // leaves of a taproot tree
};

// Known fields: a range of types, the size of their keys after the type, and the form of their values.
struct Rule {
  MapKind map;
  std::uint8_t first_type;
  std::uint8_t last_type;
  std::size_t key_bytes;
  Form form;
  Presence presence = Presence::either;
};

constexpr std::size_t public_key = 33;     // or 65, uncompressed
constexpr std::size_t control_block = 34;  // 33 bytes and up to 128 hashes (BIP 341): no key has 34
constexpr std::size_t tree_depth_max = 128;
constexpr std::uint32_t first_time = 500'000'000;  // of lock times: below it they are heights

// BIP 174, BIP 370 and BIP 371. What is not here is kept unread.
constexpr std::array rules{
    Rule{MapKind::global, 0x00, 0x00, 0, Form::any, Presence::v0_needs},    // UNSIGNED_TX, parsed on its own
    Rule{MapKind::global, 0x01, 0x01, 78, Form::path},                      // XPUB
    Rule{MapKind::global, 0x02, 0x02, 0, Form::u32, Presence::v2_needs},    // TX_VERSION
    Rule{MapKind::global, 0x03, 0x03, 0, Form::u32, Presence::v2},          // FALLBACK_LOCKTIME
    Rule{MapKind::global, 0x04, 0x04, 0, Form::count, Presence::v2_needs},  // INPUT_COUNT
    Rule{MapKind::global, 0x05, 0x05, 0, Form::count, Presence::v2_needs},  // OUTPUT_COUNT
    Rule{MapKind::global, 0x06, 0x06, 0, Form::flags, Presence::v2},        // TX_MODIFIABLE
    Rule{MapKind::global, 0xfb, 0xfb, 0, Form::u32},                        // VERSION
    Rule{MapKind::input, 0x00, 0x00, 0, Form::any},            // NON_WITNESS_UTXO, parsed by the review
    Rule{MapKind::input, 0x01, 0x01, 0, Form::utxo},           // WITNESS_UTXO
    Rule{MapKind::input, 0x02, 0x02, public_key, Form::any},   // PARTIAL_SIG
    Rule{MapKind::input, 0x03, 0x03, 0, Form::u32},            // SIGHASH_TYPE
    Rule{MapKind::input, 0x04, 0x05, 0, Form::any},            // REDEEM_SCRIPT, WITNESS_SCRIPT
    Rule{MapKind::input, 0x06, 0x06, public_key, Form::path},  // BIP32_DERIVATION
    Rule{MapKind::input, 0x07, 0x08, 0, Form::any},            // FINAL_SCRIPTSIG, FINAL_SCRIPTWITNESS
    Rule{MapKind::input, 0x0e, 0x0e, 0, Form::key, Presence::v2_needs},   // PREVIOUS_TXID
    Rule{MapKind::input, 0x0f, 0x0f, 0, Form::u32, Presence::v2_needs},   // OUTPUT_INDEX
    Rule{MapKind::input, 0x10, 0x10, 0, Form::u32, Presence::v2},         // SEQUENCE
    Rule{MapKind::input, 0x11, 0x11, 0, Form::time, Presence::v2},        // REQUIRED_TIME_LOCKTIME
    Rule{MapKind::input, 0x12, 0x12, 0, Form::height, Presence::v2},      // REQUIRED_HEIGHT_LOCKTIME
    Rule{MapKind::input, 0x13, 0x13, 0, Form::schnorr},                   // TAP_KEY_SIG
    Rule{MapKind::input, 0x14, 0x14, 64, Form::schnorr},                  // TAP_SCRIPT_SIG
    Rule{MapKind::input, 0x15, 0x15, control_block, Form::leaf_script},   // TAP_LEAF_SCRIPT
    Rule{MapKind::input, 0x16, 0x16, 32, Form::taproot_path},             // TAP_BIP32_DERIVATION
    Rule{MapKind::input, 0x17, 0x18, 0, Form::key},                       // TAP_INTERNAL_KEY, TAP_MERKLE_ROOT
    Rule{MapKind::output, 0x00, 0x01, 0, Form::any},                      // REDEEM_SCRIPT, WITNESS_SCRIPT
    Rule{MapKind::output, 0x02, 0x02, public_key, Form::path},            // BIP32_DERIVATION
    Rule{MapKind::output, 0x03, 0x03, 0, Form::u64, Presence::v2_needs},  // AMOUNT
    Rule{MapKind::output, 0x04, 0x04, 0, Form::any, Presence::v2_needs},  // SCRIPT
    Rule{MapKind::output, 0x05, 0x05, 0, Form::key},                      // TAP_INTERNAL_KEY
    Rule{MapKind::output, 0x06, 0x06, 0, Form::tree},                     // TAP_TREE
    Rule{MapKind::output, 0x07, 0x07, 32, Form::taproot_path},            // TAP_BIP32_DERIVATION
};

bool has_key_size(std::size_t key_bytes, std::size_t expected) noexcept {
  if (expected == public_key) return key_bytes == 33 || key_bytes == 65;
  if (expected == control_block)
    return key_bytes >= 33 && key_bytes % 32 == 1 && key_bytes <= 33 + 32 * tree_depth_max;
  return key_bytes == expected;
}

// Leaves in depth-first order, each with its depth, which together fill one tree (BIP 371).
void read_tree(Reader& reader) noexcept {
  std::array<bool, tree_depth_max + 1> waiting{};  // at its depth is a left half without its right one
  std::size_t depth = 0;
  while (!waiting[0] && !reader.failed()) {
    const std::size_t deepest = depth;
    depth = reader.u8();
    const std::uint8_t leaf_version = reader.u8();
    static_cast<void>(read_sized(reader));
    if (depth > tree_depth_max || depth < deepest || leaf_version % 2 != 0) return reader.fail();
    for (; depth > 0 && waiting[depth]; --depth) waiting[depth] = false;
    waiting[depth] = true;
  }
}

bool has_form(ByteView value, Form form) noexcept {
  if (form == Form::any) return true;
  if (form < Form::schnorr) return value.size() == static_cast<std::size_t>(form);
  if (form == Form::schnorr) return value.size() == 64 || value.size() == 65;
  if (form == Form::leaf_script) return !value.empty() && value.back() % 2 == 0;
  Reader reader(value);
  if (form == Form::count) static_cast<void>(read_compact_size(reader));
  if (form == Form::utxo) static_cast<void>(read_output(reader));
  if (form == Form::tree) read_tree(reader);
  if (form == Form::taproot_path) {
    const std::uint64_t leaves = read_compact_size(reader);
    static_cast<void>(reader.take(std::min(leaves, std::uint64_t{psbt_bytes_max}) * 32));
  }
  if (form == Form::height || form == Form::time) {
    const std::uint32_t lock_time = reader.u32_le();
    if (lock_time == 0 || (lock_time >= first_time) != (form == Form::time)) reader.fail();
  }
  const std::size_t rest = reader.remaining();
  if (form == Form::path || form == Form::taproot_path) return rest >= 4 && rest % 4 == 0;
  return !reader.failed() && rest == 0;
}

Result<> admit_field(MapKind map, std::uint32_t version, const PsbtField& field) {
  Reader type(field.key);
  static_cast<void>(read_compact_size(type));
  if (type.failed()) return malformed("psbt-form", "psbt: a field's type is not of the shortest form");
  const std::uint8_t first = field.key[0];
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) {
    return r.map == map && r.first_type <= first && first <= r.last_type;
  });
  if (rule == rules.end()) return Ok{};
  if (rule->presence != Presence::either && (version == 0) != (rule->presence == Presence::v0_needs))
    return malformed("psbt-version", "psbt: a field of another version");
  if (has_key_size(field.key.size() - 1, rule->key_bytes) && has_form(field.value, rule->form)) return Ok{};
  return malformed("psbt-field", "psbt: a known field has a wrong key or value");
}

// Every field in its form, and all there that the transaction is made of.
Result<> admit_map(MapKind map, std::uint32_t version, std::span<const PsbtField> fields) {
  for (const PsbtField& field : fields) {
    BEN_TRY(admit_field(map, version, field));
  }
  const Presence needed = version == 0 ? Presence::v0_needs : Presence::v2_needs;
  for (const Rule& rule : rules) {
    if (rule.map == map && rule.presence == needed && find_field(fields, rule.first_type) == nullptr)
      return malformed("psbt-transaction", "psbt: a part of the unsigned transaction is missing");
  }
  return Ok{};
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
Result<> read_map(Reader& reader, std::vector<PsbtField>& fields) {
  const std::size_t first = fields.size();
  for (ByteView key = read_sized(reader); !key.empty(); key = read_sized(reader)) {
    const PsbtField field{.key = key, .value = read_sized(reader)};
    if (reader.failed()) break;
    if (fields.size() == psbt_fields_max) return malformed("psbt-limit", "psbt: over 250,000 fields");
    fields.push_back(field);
  }
  if (reader.failed()) return malformed("psbt-form", "psbt: cut, or a size not of the shortest form");
  return refuse_duplicates(std::span(fields).subspan(first));
}

ByteView value_of(std::span<const PsbtField> fields, std::uint8_t type) noexcept {
  const PsbtField* const field = find_field(fields, type);
  return field == nullptr ? ByteView{} : field->value;
}

std::uint32_t u32_of(std::span<const PsbtField> fields, std::uint8_t type, std::uint32_t otherwise) noexcept {
  const PsbtField* const field = find_field(fields, type);
  return field == nullptr ? otherwise : Reader(field->value).u32_le();
}

std::uint64_t count_of(std::span<const PsbtField> fields, std::uint8_t type) noexcept {
  Reader reader(value_of(fields, type));
  return read_compact_size(reader);
}

Result<Transaction> parse_unsigned(ByteView bytes) {
  auto transaction = parse_transaction(bytes, TransactionForm::stripped);
  if (!transaction) return transaction.error();
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
  const auto take_map = [&]() -> Result<> {
    Map map{.first_field = psbt.fields_.size()};
    BEN_TRY(read_map(reader, psbt.fields_));
    map.field_count = psbt.fields_.size() - map.first_field;
    map.end = psbt.bytes_.size() - reader.remaining() - 1;
    psbt.maps_.push_back(map);
    return Ok{};
  };
  const auto take_transaction = [&psbt](ByteView transaction_bytes) -> Result<> {
    BEN_TRY(auto transaction, parse_unsigned(transaction_bytes));
    psbt.transaction_bytes_ = transaction_bytes;
    psbt.transaction_ = std::move(transaction);
    return Ok{};
  };

  // The version stands anywhere in the global map, and the counts of the other maps there or in the
  // transaction.
  BEN_TRY(take_map());
  const std::uint32_t version = u32_of(psbt.global(), psbt_global::version, 0);
  if (version != 0 && version != 2) return malformed("psbt-version", "psbt: neither version 0 nor 2");
  BEN_TRY(admit_map(MapKind::global, version, psbt.global()));
  std::uint64_t input_count = count_of(psbt.global(), psbt_global::input_count);
  std::uint64_t output_count = count_of(psbt.global(), psbt_global::output_count);
  if (version == 0) {
    BEN_TRY(take_transaction(value_of(psbt.global(), psbt_global::unsigned_transaction)));
    input_count = psbt.transaction_.inputs.size();
    output_count = psbt.transaction_.outputs.size();
  }
  if (input_count > psbt_inputs_max || output_count > psbt_outputs_max)
    return malformed("psbt-limit", "psbt: over 10,000 inputs or outputs");
  psbt.input_count_ = static_cast<std::size_t>(input_count);

  for (std::uint64_t i = 0; i < input_count + output_count; ++i) {
    BEN_TRY(take_map());
    const MapKind kind = i < input_count ? MapKind::input : MapKind::output;
    BEN_TRY(admit_map(kind, version, psbt.fields_of(psbt.maps_.back())));
  }
  if (reader.remaining() != 0) return malformed("psbt-form", "psbt: bytes after the last map");
  if (version == 0) return psbt;
  BEN_TRY(auto composed, psbt.compose_transaction());
  psbt.composed_ = std::move(composed);
  BEN_TRY(take_transaction(psbt.composed_));
  return psbt;
}

std::span<const PsbtField> Psbt::fields_of(const Map& map) const noexcept {
  return std::span(fields_).subspan(map.first_field, map.field_count);
}

// BIP 370, "Determining Lock Time": a height where every input that requires anything takes one, else a time.
Result<std::uint32_t> Psbt::determine_lock_time() const {
  std::uint32_t height = 0;
  std::uint32_t time = 0;
  bool all_take_heights = true;
  bool all_take_times = true;
  for (std::size_t i = 0; i < input_count_; ++i) {
    const std::uint32_t least_height = u32_of(input(i), psbt_in::required_height, 0);
    const std::uint32_t least_time = u32_of(input(i), psbt_in::required_time, 0);
    if (least_height == 0 && least_time == 0) continue;
    all_take_heights &= least_height != 0;
    all_take_times &= least_time != 0;
    height = std::max(height, least_height);
    time = std::max(time, least_time);
  }
  if (height == 0 && time == 0) return u32_of(global(), psbt_global::fallback_lock_time, 0);
  if (all_take_heights) return height;
  if (all_take_times) return time;
  return malformed("psbt-lock-time", "psbt: one input requires a height, and another a time");
}

Result<Bytes> Psbt::compose_transaction() const {
  BEN_TRY(const auto lock_time, determine_lock_time());
  Writer writer;
  writer.bytes(value_of(global(), psbt_global::transaction_version));
  write_compact_size(writer, input_count_);
  for (std::size_t i = 0; i < input_count_; ++i) {
    const auto fields = input(i);
    writer.bytes(value_of(fields, psbt_in::previous_txid)).bytes(value_of(fields, psbt_in::output_index));
    writer.u8(0).u32_le(u32_of(fields, psbt_in::sequence, 0xffffffff));  // no scriptSig
  }
  const std::size_t output_count = maps_.size() - 1 - input_count_;
  write_compact_size(writer, output_count);
  for (std::size_t i = 0; i < output_count; ++i) {
    writer.bytes(value_of(output(i), psbt_out::amount));
    write_sized(writer, value_of(output(i), psbt_out::script));
  }
  return writer.u32_le(lock_time).take();
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
  Bytes encoded = writer.bytes(ByteView(bytes_).subspan(copied)).take();
  const ByteView modifiable = value_of(global(), psbt_global::modifiable);
  if (fields.empty() || modifiable.empty()) return encoded;
  encoded[static_cast<std::size_t>(modifiable.data() - bytes_.data())] &= 0xfcU;  // bits 0 and 1
  return encoded;
}

const PsbtField* find_field(std::span<const PsbtField> fields, std::uint8_t type) noexcept {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [type](const PsbtField& f) { return f.key[0] == type; });
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace ben::bitcoin
