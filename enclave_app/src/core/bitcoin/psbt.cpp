#include "bitcoin/psbt.hpp"

namespace ben::bitcoin {
namespace {

using Fields = std::span<const PsbtField>;
using Maps = std::span<const std::vector<PsbtField>>;

constexpr ByteArray<5> magic{'p', 's', 'b', 't', 0xff};
constexpr std::size_t tree_depth_max = 128;
constexpr std::uint32_t first_time = 500'000'000;  // of lock times: below it they are heights
enum class MapKind : std::uint8_t { global, input, output };

// Which version has a field, and whether it has to.
enum class Presence : std::uint8_t { either, v0_needs, v2, v2_needs };

// What a value, or a key after its type, has to look like.
using Form = bool (*)(ByteView);

bool is_any(ByteView) { return true; }

template <std::size_t N>
bool has_size(ByteView view) {
  return view.size() == N;
}

template <auto read>
bool is_one(ByteView view) {
  Reader reader(view);
  static_cast<void>(read(reader));
  return !reader.failed() && reader.remaining() == 0;
}
constexpr Form is_count = is_one<read_compact_size>;

// Compressed, or not.
bool is_key(ByteView view) { return view.size() == 33 || view.size() == 65; }

// Without a hash type at its end, or with one.
bool is_schnorr(ByteView view) { return view.size() == 64 || view.size() == 65; }

// 33 bytes and a hash for each step down the tree (BIP 341).
bool is_control_block(ByteView view) {
  return view.size() % 32 == 1 && view.size() >= 33 && view.size() <= 33 + 32 * tree_depth_max;
}

bool is_time(ByteView view) { return view.size() == 4 && Reader(view).u32_le() >= first_time; }

// And not 0.
bool is_height(ByteView view) { return view.size() == 4 && !is_time(view) && Reader(view).u32_le() > 0; }

// A fingerprint and indexes.
bool is_path(ByteView view) { return view.size() >= 4 && view.size() % 4 == 0; }

// Leaf hashes, then the same.
bool is_taproot_path(ByteView view) {
  Reader reader(view);
  const std::uint64_t leaves = read_compact_size(reader);
  static_cast<void>(reader.take(std::min(leaves, std::uint64_t{psbt_bytes_max}) * 32));
  return is_path(reader.rest());
}

// A script and the version of its leaf, which is even.
bool is_leaf_script(ByteView view) { return !view.empty() && view.back() % 2 == 0; }

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

// Known fields: a range of types, the form of their keys after the type, and the form of their values.
struct Rule {
  MapKind map;
  std::uint8_t first_type;
  std::uint8_t last_type;
  Form key;
  Form value;
  Presence presence = Presence::either;
};

// BIP 174, BIP 370 and BIP 371. What is not here is kept unread.
constexpr std::array rules{
    Rule{MapKind::global, 0x00, 0x00, has_size<0>, is_any, Presence::v0_needs},       // UNSIGNED_TX
    Rule{MapKind::global, 0x01, 0x01, has_size<78>, is_path},                         // XPUB
    Rule{MapKind::global, 0x02, 0x02, has_size<0>, has_size<4>, Presence::v2_needs},  // TX_VERSION
    Rule{MapKind::global, 0x03, 0x03, has_size<0>, has_size<4>, Presence::v2},        // FALLBACK_LOCKTIME
    Rule{MapKind::global, 0x04, 0x04, has_size<0>, is_count, Presence::v2_needs},     // INPUT_COUNT
    Rule{MapKind::global, 0x05, 0x05, has_size<0>, is_count, Presence::v2_needs},     // OUTPUT_COUNT
    Rule{MapKind::global, 0x06, 0x06, has_size<0>, has_size<1>, Presence::v2},        // TX_MODIFIABLE
    Rule{MapKind::global, 0xfb, 0xfb, has_size<0>, has_size<4>},                      // VERSION
    Rule{MapKind::input, 0x00, 0x00, has_size<0>, is_any},                            // NON_WITNESS_UTXO
    Rule{MapKind::input, 0x01, 0x01, has_size<0>, is_one<read_output>},               // WITNESS_UTXO
    Rule{MapKind::input, 0x02, 0x02, is_key, is_any},                                 // PARTIAL_SIG
    Rule{MapKind::input, 0x03, 0x03, has_size<0>, has_size<4>},                       // SIGHASH_TYPE
    Rule{MapKind::input, 0x04, 0x05, has_size<0>, is_any},  // REDEEM_SCRIPT, WITNESS_SCRIPT
    Rule{MapKind::input, 0x06, 0x06, is_key, is_path},      // BIP32_DERIVATION
    Rule{MapKind::input, 0x07, 0x08, has_size<0>, is_any},  // FINAL_SCRIPTSIG, FINAL_SCRIPTWITNESS
    Rule{MapKind::input, 0x0e, 0x0e, has_size<0>, has_size<32>, Presence::v2_needs},  // PREVIOUS_TXID
    Rule{MapKind::input, 0x0f, 0x0f, has_size<0>, has_size<4>, Presence::v2_needs},   // OUTPUT_INDEX
    Rule{MapKind::input, 0x10, 0x10, has_size<0>, has_size<4>, Presence::v2},         // SEQUENCE
    Rule{MapKind::input, 0x11, 0x11, has_size<0>, is_time, Presence::v2},    // REQUIRED_TIME_LOCKTIME
    Rule{MapKind::input, 0x12, 0x12, has_size<0>, is_height, Presence::v2},  // REQUIRED_HEIGHT_LOCKTIME
    Rule{MapKind::input, 0x13, 0x13, has_size<0>, is_schnorr},               // TAP_KEY_SIG
    Rule{MapKind::input, 0x14, 0x14, has_size<64>, is_schnorr},              // TAP_SCRIPT_SIG
    Rule{MapKind::input, 0x15, 0x15, is_control_block, is_leaf_script},      // TAP_LEAF_SCRIPT
    Rule{MapKind::input, 0x16, 0x16, has_size<32>, is_taproot_path},         // TAP_BIP32_DERIVATION
    Rule{MapKind::input, 0x17, 0x18, has_size<0>, has_size<32>},  // TAP_INTERNAL_KEY, TAP_MERKLE_ROOT
    Rule{MapKind::output, 0x00, 0x01, has_size<0>, is_any},       // REDEEM_SCRIPT, WITNESS_SCRIPT
    Rule{MapKind::output, 0x02, 0x02, is_key, is_path},           // BIP32_DERIVATION
    Rule{MapKind::output, 0x03, 0x03, has_size<0>, has_size<8>, Presence::v2_needs},  // AMOUNT
    Rule{MapKind::output, 0x04, 0x04, has_size<0>, is_any, Presence::v2_needs},       // SCRIPT
    Rule{MapKind::output, 0x05, 0x05, has_size<0>, has_size<32>},                     // TAP_INTERNAL_KEY
    Rule{MapKind::output, 0x06, 0x06, has_size<0>, is_one<read_tree>},                // TAP_TREE
    Rule{MapKind::output, 0x07, 0x07, has_size<32>, is_taproot_path},                 // TAP_BIP32_DERIVATION
};

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
  if (rule->key(field.key.subspan(1)) && rule->value(field.value)) return Ok{};
  return malformed("psbt-field", "psbt: a known field has a wrong key or value");
}

// Every field in its form, and all there that the transaction is made of.
Result<> admit_map(MapKind map, std::uint32_t version, Fields fields) {
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

// The fields of one map, up to its separator. `fields_left`: of the PSBT's limit.
Result<std::vector<PsbtField>> read_map(Reader& reader, std::size_t& fields_left) {
  std::vector<PsbtField> fields;
  for (ByteView key = read_sized(reader); !key.empty(); key = read_sized(reader)) {
    fields.push_back({.key = key, .value = read_sized(reader)});
    if (fields_left-- == 0) return malformed("psbt-limit", "psbt: over 250,000 fields");
  }
  if (reader.failed()) return malformed("psbt-form", "psbt: cut, or a size not of the shortest form");
  std::vector<std::string_view> keys(fields.size());  // sorted, they take a quarter of the memory of a set
  std::ranges::transform(fields, keys.begin(), [](const PsbtField& field) { return as_text(field.key); });
  std::ranges::sort(keys);
  if (std::ranges::adjacent_find(keys) != keys.end())
    return malformed("psbt-duplicate-key", "psbt: a map has one key twice");
  return fields;
}

ByteView value_of(Fields fields, std::uint8_t type) noexcept {
  const PsbtField* const field = find_field(fields, type);
  return field == nullptr ? ByteView{} : field->value;
}

std::uint32_t u32_of(Fields fields, std::uint8_t type, std::uint32_t otherwise) noexcept {
  const PsbtField* const field = find_field(fields, type);
  return field == nullptr ? otherwise : Reader(field->value).u32_le();
}

std::uint64_t count_of(Fields fields, std::uint8_t type) noexcept {
  Reader reader(value_of(fields, type));
  return read_compact_size(reader);
}

Result<Transaction> parse_unsigned(ByteView bytes) {
  BEN_TRY(auto transaction, parse_transaction(bytes, TransactionForm::stripped));
  for (const TransactionInput& input : transaction.inputs) {
    if (!input.script_sig.empty())
      return malformed("psbt-transaction", "psbt: the unsigned transaction has a scriptSig");
  }
  return transaction;
}

// BIP 370, "Determining Lock Time": a height where every input that requires anything takes one, else a time.
Result<std::uint32_t> determine_lock_time(Fields global, Maps inputs) {
  std::uint32_t height = 0;
  std::uint32_t time = 0;
  bool all_take_heights = true;
  bool all_take_times = true;
  for (const Fields input : inputs) {
    const std::uint32_t least_height = u32_of(input, psbt_in::required_height, 0);
    const std::uint32_t least_time = u32_of(input, psbt_in::required_time, 0);
    if (least_height == 0 && least_time == 0) continue;
    all_take_heights &= least_height != 0;
    all_take_times &= least_time != 0;
    height = std::max(height, least_height);
    time = std::max(time, least_time);
  }
  if (height == 0 && time == 0) return u32_of(global, psbt_global::fallback_lock_time, 0);
  if (all_take_heights) return height;
  if (all_take_times) return time;
  return malformed("psbt-lock-time", "psbt: one input requires a height, and another a time");
}

// The transaction that the maps of a version 2 describe.
Result<Bytes> compose_transaction(Fields global, Maps inputs, Maps outputs) {
  BEN_TRY(const auto lock_time, determine_lock_time(global, inputs));
  Writer writer;
  writer.bytes(value_of(global, psbt_global::transaction_version));
  write_compact_size(writer, inputs.size());
  for (const Fields input : inputs) {
    writer.bytes(value_of(input, psbt_in::previous_txid)).bytes(value_of(input, psbt_in::output_index));
    writer.u8(0).u32_le(u32_of(input, psbt_in::sequence, 0xffffffff));  // no scriptSig
  }
  write_compact_size(writer, outputs.size());
  for (const Fields output : outputs) {
    writer.bytes(value_of(output, psbt_out::amount));
    write_sized(writer, value_of(output, psbt_out::script));
  }
  return writer.u32_le(lock_time).take();
}

}  // namespace

Result<Psbt> Psbt::parse(Bytes bytes) {
  if (bytes.size() > psbt_bytes_max) return malformed("psbt-limit", "psbt: over 8,000,000 bytes");
  Psbt psbt;
  psbt.bytes_ = std::move(bytes);
  Reader reader(psbt.bytes_);
  if (!equal(reader.take(magic.size()), magic))
    return malformed("psbt-magic", "psbt: does not start with psbt and 0xff");

  // The version stands anywhere in the global map, and the counts of the other maps there or in the
  // transaction.
  std::size_t fields_left = psbt_fields_max;
  BEN_TRY(psbt.maps_.emplace_back(), read_map(reader, fields_left));
  const std::uint32_t version = u32_of(psbt.global(), psbt_global::version, 0);
  if (version != 0 && version != 2) return malformed("psbt-version", "psbt: neither version 0 nor 2");
  BEN_TRY(admit_map(MapKind::global, version, psbt.global()));
  std::uint64_t input_count = count_of(psbt.global(), psbt_global::input_count);
  std::uint64_t output_count = count_of(psbt.global(), psbt_global::output_count);
  if (version == 0) {
    psbt.transaction_bytes_ = value_of(psbt.global(), psbt_global::unsigned_transaction);
    BEN_TRY(psbt.transaction_, parse_unsigned(psbt.transaction_bytes_));
    input_count = psbt.transaction_.inputs.size();
    output_count = psbt.transaction_.outputs.size();
  }
  if (input_count > psbt_inputs_max || output_count > psbt_outputs_max)
    return malformed("psbt-limit", "psbt: over 10,000 inputs or outputs");

  for (std::uint64_t i = 0; i < input_count + output_count; ++i) {
    BEN_TRY(psbt.maps_.emplace_back(), read_map(reader, fields_left));
    BEN_TRY(admit_map(i < input_count ? MapKind::input : MapKind::output, version, psbt.maps_.back()));
  }
  BEN_TRY(reader.finish("psbt-form", "psbt: bytes after the last map"));
  if (version == 0) return psbt;
  const Maps maps = Maps(psbt.maps_).subspan(1);
  BEN_TRY(psbt.composed_,
          compose_transaction(psbt.global(), maps.first(input_count), maps.subspan(input_count)));
  psbt.transaction_bytes_ = psbt.composed_;
  BEN_TRY(psbt.transaction_, parse_unsigned(psbt.transaction_bytes_));
  return psbt;
}

Bytes Psbt::encode_with(std::span<const NewPsbtField> fields) const {
  std::size_t expected_bytes = bytes_.size();
  for (const NewPsbtField& field : fields) expected_bytes += field.key.size() + field.value.size() + 4;
  Writer writer(expected_bytes);
  writer.bytes(magic);
  for (std::size_t i = 0; i < maps_.size(); ++i) {
    for (const PsbtField& field : maps_[i]) {
      write_sized(writer, field.key);
      write_sized(writer, field.value);
    }
    if (i > 0 && i <= fields.size()) {
      write_sized(writer, fields[i - 1].key);
      write_sized(writer, fields[i - 1].value);
    }
    writer.u8(0);
  }
  Bytes encoded = writer.take();
  const ByteView modifiable = value_of(global(), psbt_global::modifiable);
  if (fields.empty() || modifiable.empty()) return encoded;
  encoded[static_cast<std::size_t>(modifiable.data() - bytes_.data())] &= 0xfcU;  // bits 0 and 1
  return encoded;
}

const PsbtField* find_field(Fields fields, std::uint8_t type) noexcept {
  const auto found = std::ranges::find(fields, type, [](const PsbtField& field) { return field.key[0]; });
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace ben::bitcoin
