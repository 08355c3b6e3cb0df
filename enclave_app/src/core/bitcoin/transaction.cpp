#include "bitcoin/transaction.hpp"

namespace ben::bitcoin {
namespace {

constexpr std::size_t input_bytes_min = 41;  // outpoint, empty scriptSig, sequence
constexpr std::size_t output_bytes_min = 9;  // amount, empty script

// A count of items of at least `item_bytes_min` each: more than the bytes could hold fails the reader, before
// anything is allocated for them.
std::size_t read_count(Reader& reader, std::size_t item_bytes_min) noexcept {
  const std::uint64_t count = read_compact_size(reader);
  if (count > reader.remaining() / item_bytes_min) reader.fail();
  return reader.failed() ? 0 : static_cast<std::size_t>(count);
}

TransactionInput read_input(Reader& reader) noexcept {
  return {.previous_output = {.txid = reader.array<32>(), .index = reader.u32_le()},
          .script_sig = read_sized(reader),
          .sequence = reader.u32_le()};
}

// Walks over the witness of one input; says whether it has an item.
bool skip_witness(Reader& reader) noexcept {
  const std::size_t items = read_count(reader, 1);
  for (std::size_t i = 0; i < items; ++i) static_cast<void>(read_sized(reader));
  return items > 0;
}

}  // namespace

std::uint64_t read_compact_size(Reader& reader) noexcept {
  const std::uint8_t first = reader.u8();
  if (first < 0xfd) return first;
  const bool is_u16 = first == 0xfd;
  const bool is_u32 = first == 0xfe;
  const std::uint64_t value = is_u16 ? reader.u16_le() : is_u32 ? reader.u32_le() : reader.u64_le();
  const std::uint64_t least = is_u16 ? 0xfd : is_u32 ? 0x1'0000 : 0x1'0000'0000;
  if (value < least) reader.fail();
  return reader.failed() ? 0 : value;
}

ByteView read_sized(Reader& reader) noexcept { return reader.take(read_compact_size(reader)); }

void write_compact_size(Writer& writer, std::uint64_t value) {
  if (value < 0xfd) {
    writer.u8(static_cast<std::uint8_t>(value));
  } else if (value <= 0xffff) {
    writer.u8(0xfd).u16_le(static_cast<std::uint16_t>(value));
  } else {
    writer.u8(0xfe).u32_le(static_cast<std::uint32_t>(value));
  }
}

void write_sized(Writer& writer, ByteView bytes) {
  write_compact_size(writer, bytes.size());
  writer.bytes(bytes);
}

TransactionOutput read_output(Reader& reader) noexcept {
  return {.amount_sats = reader.u64_le(), .script = read_sized(reader)};
}

void write_output(Writer& writer, const TransactionOutput& output) {
  writer.u64_le(output.amount_sats);
  write_sized(writer, output.script);
}

Result<Transaction> parse_transaction(ByteView bytes, TransactionForm form) {
  Reader reader(bytes);
  Transaction transaction;
  transaction.version = reader.u32_le();
  // BIP 144 marks the witness form by an impossible count of inputs, and a flag.
  const bool has_marker = form == TransactionForm::any && bytes.size() > 4 && bytes[4] == 0;
  if (has_marker && reader.u16_le() != 0x0100) reader.fail();

  const std::size_t body_start = bytes.size() - reader.remaining();
  const std::size_t input_count = read_count(reader, input_bytes_min);
  transaction.inputs.reserve(input_count);
  for (std::size_t i = 0; i < input_count; ++i) transaction.inputs.push_back(read_input(reader));
  const std::size_t output_count = read_count(reader, output_bytes_min);
  transaction.outputs.reserve(output_count);
  for (std::size_t i = 0; i < output_count; ++i) transaction.outputs.push_back(read_output(reader));
  const std::size_t body_end = bytes.size() - reader.remaining();

  if (has_marker) {
    bool has_witness = false;
    for (std::size_t i = 0; i < input_count; ++i) has_witness |= skip_witness(reader);
    if (!has_witness) reader.fail();
  }
  transaction.lock_time = reader.u32_le();
  BEN_TRY(reader.finish("psbt-transaction", "transaction: cut, not of the shortest form, or too long"));
  transaction.stripped = {bytes.first(4), bytes.subspan(body_start, body_end - body_start), bytes.last(4)};
  return transaction;
}

Hash256 txid_of(const Transaction& transaction) noexcept {
  const auto& [version, body, lock_time] = transaction.stripped;
  return sha256(ByteView(sha256({version, body, lock_time})));
}

}  // namespace ben::bitcoin
