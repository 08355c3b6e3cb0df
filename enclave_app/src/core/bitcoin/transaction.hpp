// Bitcoin transactions, as views into the bytes they were parsed from (BIP 144).
#pragma once

#include "base/reader.hpp"
#include "base/writer.hpp"
#include "crypto/hash.hpp"

namespace ben::bitcoin {

inline constexpr std::uint64_t amount_sats_max = 21'000'000ULL * 100'000'000ULL;  // MAX_MONEY

struct OutPoint {
  Hash256 txid{};  // in the order of the wire, which is the reverse of what people read
  std::uint32_t index = 0;
  friend auto operator<=>(const OutPoint&, const OutPoint&) = default;
};

struct TransactionInput {
  OutPoint previous_output;
  ByteView script_sig;
  std::uint32_t sequence = 0;
};

struct TransactionOutput {
  std::uint64_t amount_sats = 0;  // as read: may be over amount_sats_max
  ByteView script;
};

struct Transaction {
  std::uint32_t version = 0;
  std::vector<TransactionInput> inputs;
  std::vector<TransactionOutput> outputs;
  std::uint32_t lock_time = 0;
  std::array<ByteView, 3> stripped;  // the bytes a txid is made of: all but marker, flag and witnesses
};

// How the bytes may be serialized: as before BIP 144, or either way.
enum class TransactionForm : std::uint8_t { stripped, any };

// A compact size, which has to be of the shortest form; the reader fails otherwise.
[[nodiscard]] std::uint64_t read_compact_size(Reader& reader) noexcept;
// Bytes after a compact size.
[[nodiscard]] ByteView read_sized(Reader& reader) noexcept;
// `value` below 2^32: everything here is smaller than a PSBT.
void write_compact_size(Writer& writer, std::uint64_t value);
void write_sized(Writer& writer, ByteView bytes);

// One output as transactions and PSBT_IN_WITNESS_UTXO carry it.
[[nodiscard]] TransactionOutput read_output(Reader& reader) noexcept;
void write_output(Writer& writer, const TransactionOutput& output);

// `bytes` has to outlive the result. Memory is bounded by a small multiple of its size.
// Fails with `malformed` (psbt-transaction): cut, trailing bytes, a size not of the shortest form, an unknown
// flag, or a witness form in which no input has a witness.
Result<Transaction> parse_transaction(ByteView bytes, TransactionForm form);

// The double SHA-256 of the stripped form.
[[nodiscard]] Hash256 txid_of(const Transaction& transaction) noexcept;

}  // namespace ben::bitcoin
