#include "psbt/maps.hpp"

#include <algorithm>

#include "psbt/field_types.hpp"

namespace ben::psbt {

using bitcoin::PsbtField;
using bitcoin::read_compact_size;
using bitcoin::read_sized;

namespace {

constexpr std::string_view magic = "psbt\xff";

Result<> refuse_duplicates(const Map& map) {
  std::vector<std::string_view> keys;
  keys.reserve(map.size());
  for (const PsbtField& field : map) keys.push_back(as_text(field.key));
  std::ranges::sort(keys);
  if (std::ranges::adjacent_find(keys) == keys.end()) return Ok{};
  return malformed("psbt-duplicate-key", "psbt: a map has one key twice");
}

// `fields_left`: how many fields the whole PSBT may still have.
Result<Map> read_map(Reader& reader, std::size_t& fields_left) {
  Map map;
  for (ByteView key = read_sized(reader); !key.empty(); key = read_sized(reader)) {
    if (fields_left == 0) return malformed("psbt-limit", "psbt: over 250,000 fields");
    --fields_left;
    map.push_back({.key = key, .value = read_sized(reader)});
  }
  if (reader.failed()) return malformed("psbt-form", "psbt: cut, or a size not of the shortest form");
  const auto unique = refuse_duplicates(map);
  if (!unique) return unique.error();
  return map;
}

Result<std::vector<Map>> read_maps(Reader& reader, std::uint64_t count, std::size_t& fields_left) {
  std::vector<Map> maps;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto map = read_map(reader, fields_left);
    if (!map) return map.error();
    maps.push_back(*std::move(map));
  }
  return maps;
}

Result<std::uint64_t> read_count(const Map& global, std::uint8_t type, std::size_t count_max) {
  const ByteView* const value = find_value(global, type);
  if (value == nullptr)
    return malformed("psbt-missing", "psbt: version 2 wants the numbers of inputs and outputs");
  Reader reader(*value);
  const std::uint64_t count = read_compact_size(reader);
  const auto finished = reader.finish("psbt-field", "psbt: a known field has a wrong key or value");
  if (!finished) return finished.error();
  if (count > count_max) return malformed("psbt-limit", "psbt: over 10,000 inputs or outputs");
  return count;
}

void write_map(Writer& writer, const Map& map) {
  for (const PsbtField& field : map) {
    bitcoin::write_sized(writer, field.key);
    bitcoin::write_sized(writer, field.value);
  }
  writer.u8(0);
}

}  // namespace

const ByteView* find_value(const Map& map, std::uint8_t type) noexcept {
  const auto found = std::ranges::find_if(
      map, [type](const PsbtField& field) { return field.key.size() == 1 && field.key[0] == type; });
  return found == map.end() ? nullptr : &found->value;
}

Result<Maps> parse_version_2_maps(ByteView bytes) {
  if (bytes.size() > bitcoin::psbt_bytes_max) return malformed("psbt-limit", "psbt: over 8,000,000 bytes");
  Reader reader(bytes);
  if (!equal(reader.take(magic.size()), as_bytes(magic)))
    return malformed("psbt-magic", "psbt: does not start with psbt and 0xff");
  std::size_t fields_left = bitcoin::psbt_fields_max;
  auto global = read_map(reader, fields_left);
  if (!global) return global.error();
  const ByteView* const version = find_value(*global, global_version);
  if (version == nullptr || !equal(*version, std::array<std::uint8_t, 4>{2, 0, 0, 0}))
    return malformed("psbt-version", "psbt: not of version 2");
  const auto input_count = read_count(*global, global_input_count, bitcoin::psbt_inputs_max);
  if (!input_count) return input_count.error();
  const auto output_count = read_count(*global, global_output_count, bitcoin::psbt_outputs_max);
  if (!output_count) return output_count.error();
  auto inputs = read_maps(reader, *input_count, fields_left);
  if (!inputs) return inputs.error();
  auto outputs = read_maps(reader, *output_count, fields_left);
  if (!outputs) return outputs.error();
  const auto finished = reader.finish("psbt-form", "psbt: bytes after the last map");
  if (!finished) return finished.error();
  return Maps{.global = *std::move(global), .inputs = *std::move(inputs), .outputs = *std::move(outputs)};
}

Bytes encode_maps(const Maps& maps) {
  Writer writer;
  writer.text(magic);
  write_map(writer, maps.global);
  for (const Map& map : maps.inputs) write_map(writer, map);
  for (const Map& map : maps.outputs) write_map(writer, map);
  return writer.take();
}

}  // namespace ben::psbt
