#include "bitcoin/address.hpp"

#include "base/writer.hpp"
#include "bitcoin/encoding.hpp"

namespace ben::bitcoin {
namespace {

constexpr Error bad_form = malformed("address-form", "address: not an address of this network");

Bech32Variant variant_of(unsigned version) noexcept {
  return version == 0 ? Bech32Variant::bech32 : Bech32Variant::bech32m;
}

Result<Script> parse_witness_address(std::string_view prefix, const Bech32& content) {
  if (content.prefix != prefix || content.groups.empty() || content.groups[0] > 16) return bad_form;
  const unsigned version = content.groups[0];
  const auto program = from_groups(ByteView(content.groups).subspan(1));
  if (!program || content.variant != variant_of(version) || program->size() < 2 || program->size() > 40)
    return bad_form;
  if (version == 0 && program->size() != 20 && program->size() != 32) return bad_form;
  return make_witness_script(version, *program);
}

Result<Script> parse_base58_address(const NetworkParameters& parameters, std::string_view text) {
  const auto payload = parse_base58check(text);
  if (!payload || payload->size() != 21) return bad_form;
  const ByteView hash = ByteView(*payload).subspan(1);
  if ((*payload)[0] == parameters.p2pkh_version) return make_p2pkh(hash);
  if ((*payload)[0] == parameters.p2sh_version) return make_p2sh(hash);
  return bad_form;
}

}  // namespace

Result<std::string> encode_address(Network network, ByteView script) {
  const NetworkParameters& parameters = parameters_of(network);
  const auto purpose = purpose_of(script);
  if (purpose == Purpose::p2pkh)
    return encode_base58check(Writer().u8(parameters.p2pkh_version).bytes(script.subspan(3, 20)).view());
  if (purpose == Purpose::p2sh_p2wpkh)
    return encode_base58check(Writer().u8(parameters.p2sh_version).bytes(script.subspan(2, 20)).view());
  if (!purpose && !is_p2wsh(script))
    return malformed("address-script", "address: want a P2PKH, P2SH, P2WPKH, P2WSH or P2TR script");
  const std::uint8_t version = purpose == Purpose::p2tr ? 1 : 0;
  Bech32 content{.prefix = std::string(parameters.bech32_hrp),
                 .groups = to_groups(script.subspan(2)),
                 .variant = variant_of(version)};
  content.groups.insert(content.groups.begin(), version);
  return encode_bech32(content);
}

Result<Script> parse_address(Network network, std::string_view text) {
  const NetworkParameters& parameters = parameters_of(network);
  if (const auto content = parse_bech32(text); content)
    return parse_witness_address(parameters.bech32_hrp, *content);
  return parse_base58_address(parameters, text);
}

}  // namespace ben::bitcoin
