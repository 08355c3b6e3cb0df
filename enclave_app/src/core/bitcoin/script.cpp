#include "bitcoin/script.hpp"

#include "crypto/hash.hpp"

namespace ben::bitcoin {
namespace {

// What a form has before and after the hash or key in it.
constexpr ByteArray<3> p2pkh_head{0x76, 0xa9, 20};  // OP_DUP OP_HASH160
constexpr ByteArray<2> p2pkh_tail{0x88, 0xac};      // OP_EQUALVERIFY OP_CHECKSIG
constexpr ByteArray<2> p2sh_head{0xa9, 20};         // OP_HASH160
constexpr ByteArray<1> p2sh_tail{0x87};             // OP_EQUAL
constexpr ByteArray<2> p2wpkh_head{0x00, 20};       // OP_0
constexpr ByteArray<2> p2wsh_head{0x00, 32};        // OP_0
constexpr ByteArray<2> p2tr_head{0x51, 32};         // OP_1

Script join(ByteView head, ByteView data, ByteView tail) {
  Script script;
  script.reserve(head.size() + data.size() + tail.size());
  for (const ByteView part : {head, data, tail}) script.insert(script.end(), part.begin(), part.end());
  return script;
}

// The byte before what a form is made around says how long that is.
bool has_form(ByteView script, ByteView head, ByteView tail = {}) noexcept {
  return script.size() == head.size() + head.back() + tail.size() && equal(script.first(head.size()), head) &&
         equal(script.last(tail.size()), tail);
}

}  // namespace

Script make_p2pkh(ByteView key_hash20) { return join(p2pkh_head, key_hash20, p2pkh_tail); }

Script make_p2sh(ByteView script_hash20) { return join(p2sh_head, script_hash20, p2sh_tail); }

Script make_witness_script(unsigned version, ByteView program) {
  const auto opcode = static_cast<std::uint8_t>(version == 0 ? 0 : 0x50 + version);  // OP_0, OP_1 to OP_16
  return join(std::array{opcode, static_cast<std::uint8_t>(program.size())}, program, {});
}

Script make_p2wpkh(ByteView key) { return make_witness_script(0, hash160(key)); }

Script make_script(Purpose purpose, ByteView key) {
  if (purpose == Purpose::p2pkh) return make_p2pkh(hash160(key));
  if (purpose == Purpose::p2sh_p2wpkh) return make_p2sh(hash160(make_p2wpkh(key)));
  if (purpose == Purpose::p2wpkh) return make_p2wpkh(key);
  return make_witness_script(1, key);
}

std::optional<Purpose> purpose_of(ByteView script) noexcept {
  if (has_form(script, p2pkh_head, p2pkh_tail)) return Purpose::p2pkh;
  if (has_form(script, p2sh_head, p2sh_tail)) return Purpose::p2sh_p2wpkh;
  if (has_form(script, p2wpkh_head)) return Purpose::p2wpkh;
  if (has_form(script, p2tr_head)) return Purpose::p2tr;
  return std::nullopt;
}

bool is_p2wsh(ByteView script) noexcept { return has_form(script, p2wsh_head); }

}  // namespace ben::bitcoin
