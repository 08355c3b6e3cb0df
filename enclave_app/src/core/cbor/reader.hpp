// Reads the part of CBOR (RFC 8949) that Nitro's formats use, strictly, off the front of untrusted input.
//
// Read: unsigned integers, byte strings, text of printable ASCII, arrays and maps of definite and indefinite
// length, false, true, null. Every head has to be the shortest one (RFC 8949 section 4.2.1).
// Anything else fails: negative integers, tags, floats, undefined, other simple values, strings in chunks.
#pragma once

#include "base/reader.hpp"

namespace ben::cbor {

// Containers open at the same time. The deepest format that is read, an attestation document's payload,
// has 2.
inline constexpr std::size_t depth_max = 8;

// The major types of RFC 8949 section 3.1, in their order.
enum class Kind : std::uint8_t { unsigned_integer, negative_integer, bytes, text, array, map, tag, simple };

// As with ben::Reader, a failed read makes the reader fail for good and yields zeros or empty views, so a
// parser reads straight through and asks finish() before it hands anything out. Allocates nothing: byte
// strings and text are views into the input.
//
//   reader.open_map();
//   while (reader.more()) {
//     const auto key = reader.text();
//     ...                                // exactly one value; a parser refuses a key that it has seen
//   }
class Reader {
 public:
  explicit Reader(ByteView input) noexcept : input_(input) {}

  [[nodiscard]] std::uint64_t unsigned_integer() noexcept;
  [[nodiscard]] ByteView bytes() noexcept;
  [[nodiscard]] std::string_view text() noexcept;
  [[nodiscard]] bool boolean() noexcept;

  // Enters an array or a map. more() is then asked before each item (array) or pair (map); it leaves the
  // container when it is complete and says false, as it does once the reader has failed.
  void open_array() noexcept { open(Kind::array); }
  void open_map() noexcept { open(Kind::map); }
  [[nodiscard]] bool more() noexcept;

  // Passes over one item of those that can be read, and all that is inside it.
  void skip() noexcept;

  struct Head {
    Kind kind;
    bool indefinite;         // arrays and maps only
    std::uint64_t argument;  // of an open container: the items left
  };

  // Reads the head of an item and no more: a copy of the reader that does it tells what comes next.
  Head head() noexcept;

  // Makes the reader fail for good: what was read is well formed but wrong.
  void fail() noexcept { input_.fail(); }
  [[nodiscard]] bool failed() const noexcept { return input_.failed(); }

  // Succeeds when every read succeeded, every container was left and no byte is over.
  Result<> finish(StaticText tag, StaticText reason) const;

 private:
  std::uint64_t argument(std::uint32_t information) noexcept;
  std::uint64_t expect(Kind kind) noexcept;
  void open(Kind kind) noexcept;
  void enter(Head container) noexcept;

  ben::Reader input_;
  std::array<Head, depth_max> open_{};
  std::size_t depth_ = 0;
};

}  // namespace ben::cbor
