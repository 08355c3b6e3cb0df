// Makes attestation documents under a throw-away root shaped like AWS's, with any part of them changed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "attestation/refusal.hpp"
#include "base/bytes.hpp"
#include "nsm/certificate.hpp"

namespace ben::attestation::test {

inline constexpr std::uint64_t now_s = 1'790'000'000;
inline constexpr std::uint64_t leaf_begin_s = now_s - 60;
inline constexpr std::uint64_t leaf_end_s = leaf_begin_s + 3 * 3600 + 3;

// Places in a chain.
enum Place : std::size_t { root, region, zone, instance, leaf, place_count };

using Edit = std::function<void(Bytes&)>;
using Fields = std::vector<std::pair<Bytes, Bytes>>;  // encoded key and value

// The keys of the chain, and some that are not in it: made once.
const emulator::SigningKey& key_of(Place place);
const emulator::SigningKey& foreign_key();
const Bytes& root_certificate();  // the trusted one

// What a document is made from. Change what the case is about, then make().
struct Recipe {
  std::array<emulator::CertificateParts, place_count> certificates;
  std::array<const emulator::SigningKey*, place_count> signers;  // of each certificate
  std::array<Edit, place_count> edit_signed_part;
  std::array<Edit, place_count> edit_certificate;
  std::function<void(std::vector<Bytes>&)> edit_chain;  // root first, leaf last

  std::function<void(Fields&)> edit_fields;
  bool is_indefinite = true;
  int pairs_beyond = 0;  // how much the count of a definite map is off
  Edit edit_payload;

  Bytes protected_header;
  Bytes unprotected_header;  // encoded
  Bytes context;             // of the Sig_structure
  Bytes external_aad;
  const emulator::SigningKey* document_key;
  Edit edit_signature;
  std::function<Bytes(ByteView)> encode_payload;  // as the third item of the array
  Edit edit_document;

  std::uint64_t timestamp_ms = now_s * 1000 + 123;
  std::uint64_t verify_at_s = now_s;
};

[[nodiscard]] Recipe genuine_recipe();
[[nodiscard]] Bytes make(const Recipe& recipe);

// Edits. `find` has to be there: the first one is replaced.
void replace_bytes(Bytes& bytes, ByteView find, ByteView with);
Bytes hex(std::string_view digits);
Bytes text(std::string_view characters);  // CBOR
Bytes byte_string(ByteView bytes);        // CBOR
Bytes byte_string(std::size_t size);      // CBOR, of that many bytes 0x5a
Bytes* value_of(Fields& fields, std::string_view name);
void set_field(Fields& fields, std::string_view name, Bytes encoded);
void remove_field(Fields& fields, std::string_view name);

Edit prefix(std::string_view digits);
Edit suffix(std::string_view digits);
Edit first_byte(std::uint8_t value);
Edit become(Bytes bytes);
std::function<void(Fields&)> setting(const char* name, Bytes encoded);
std::function<void(Fields&)> adding(Bytes key, Bytes value);
std::function<void(Fields&)> repeating(const char* name);
std::function<void(Fields&)> without(const char* name);

// Extensions of a certificate, whose first two are the critical basicConstraints and keyUsage.
void set_constraints(Recipe& recipe, Place place, Bytes extension);
void set_key_usage(Recipe& recipe, Place place, Bytes extension);
void drop_extension(Recipe& recipe, Place place, std::ptrdiff_t index);
void add_extension(Recipe& recipe, Place place, Bytes extension);

struct Case {
  const char* what;
  std::optional<Refusal> refusal;  // none: accepted
  void (*change)(Recipe&);
};

// Makes each document and compares the verdict.
void check(const std::vector<Case>& cases);

}  // namespace ben::attestation::test
