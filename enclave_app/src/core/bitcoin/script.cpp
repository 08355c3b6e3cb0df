#include "bitcoin/script.hpp"

#include <initializer_list>

namespace ben::bitcoin {
namespace {

constexpr std::uint8_t op_0 = 0x00;
constexpr std::uint8_t op_1 = 0x51;
constexpr std::uint8_t op_dup = 0x76;
constexpr std::uint8_t op_equal = 0x87;
constexpr std::uint8_t op_equalverify = 0x88;
constexpr std::uint8_t op_hash160 = 0xa9;
constexpr std::uint8_t op_checksig = 0xac;

Script join(std::initializer_list<std::uint8_t> head, ByteView data,
            std::initializer_list<std::uint8_t> tail) {
  Script script;
  script.reserve(head.size() + data.size() + tail.size());
  script.insert(script.end(), head);
  script.insert(script.end(), data.begin(), data.end());
  script.insert(script.end(), tail);
  return script;
}

}  // namespace

Script make_p2pkh(ByteView key_hash20) {
  return join({op_dup, op_hash160, 20}, key_hash20, {op_equalverify, op_checksig});
}

Script make_p2sh(ByteView script_hash20) {
  return join({op_hash160, 20}, script_hash20, {op_equal});
}

Script make_witness_script(unsigned version, ByteView program) {
  const auto opcode = static_cast<std::uint8_t>(version == 0 ? op_0 : op_1 + version - 1);
  return join({opcode, static_cast<std::uint8_t>(program.size())}, program, {});
}

Script make_p2wpkh(const CompressedKey& key) {
  return make_witness_script(0, hash160(key));
}

bool is_p2wpkh(ByteView script) noexcept {
  return script.size() == 22 && script[0] == op_0 && script[1] == 20;
}

bool is_p2wsh(ByteView script) noexcept {
  return script.size() == 34 && script[0] == op_0 && script[1] == 32;
}

bool is_p2tr(ByteView script) noexcept {
  return script.size() == 34 && script[0] == op_1 && script[1] == 32;
}

}  // namespace ben::bitcoin
