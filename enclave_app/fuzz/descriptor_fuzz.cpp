// Any text: a descriptor that parses keeps its limits and gives scripts of the forms that there are, or the
// reason why a key cannot be derived; a checksum changes nothing. One of an account is written back as it
// was.
#include <algorithm>

#include "bitcoin/encoding.hpp"
#include "require.hpp"
#include "watch/account_descriptor.hpp"
#include "watch/derivation.hpp"
#include "watch/descriptor.hpp"

namespace {

using namespace ben::watch;
using ben::bitcoin::Curve;
using ben::bitcoin::Network;

constexpr std::uint32_t index = 7;

const Curve& curve() {
  static const Curve made{ben::Secret<32>{}};
  return made;
}

void check_limits(const Descriptor& descriptor) {
  const bool is_multisig = descriptor.form == ScriptForm::multi || descriptor.form == ScriptForm::sortedmulti;
  require(descriptor.threshold >= 1 && descriptor.threshold <= descriptor.keys.size());
  require(descriptor.keys.size() <= (is_multisig ? multisig_keys_max : 1));
  require(descriptor.tree.empty() || descriptor.form == ScriptForm::tr);
  for (const TreeLeaf& leaf : descriptor.tree) require(leaf.depth <= tree_depth_max);
}

// The largest is the bare multi of three keys of 65 bytes.
constexpr std::size_t script_bytes_max = 3 + bare_multisig_keys_max * 66;

void check_scripts(const Descriptor& descriptor, const Descriptor& same) {
  for (std::size_t branch = 0; branch < std::min<std::size_t>(descriptor.branch_count, 3); ++branch) {
    const ScriptPlace place{.branch = branch, .index = index};
    const auto script = derive_output_script(curve(), descriptor, place);
    const auto again = derive_output_script(curve(), same, place);
    require(script.has_value() == again.has_value());
    if (!script) continue;
    require(*script == *again);
    require(!script->empty() && script->size() <= script_bytes_max);
    if (descriptor.is_in_sh) require(script->size() == 23);
    if (descriptor.form == ScriptForm::tr || (descriptor.is_in_wsh && !descriptor.is_in_sh))
      require(script->size() == 34);
  }
  const ScriptPlace missing{.branch = descriptor.branch_count, .index = index};
  require(!derive_output_script(curve(), descriptor, missing));
}

// An account's descriptor is an output descriptor as well, and both say the same scripts.
void check_account(Network network, std::string_view text, const Descriptor& descriptor) {
  const auto account = parse_descriptor(curve(), network, text);
  if (!account) return;
  require(ben::bitcoin::encode_descriptor(*account) == text);
  for (const auto branch : {ben::bitcoin::Branch::receive, ben::bitcoin::Branch::change}) {
    const auto derived = derive_script(curve(), *account, branch, index);
    const auto script = derive_output_script(curve(), descriptor,
                                             {.branch = static_cast<std::size_t>(branch), .index = index});
    require(derived.has_value() == script.has_value());
    if (derived) require(derived->script == *script);
  }
}

void check(Network network, std::string_view text) {
  const auto descriptor = parse_output_descriptor(curve(), network, text);
  if (!descriptor) {
    require(!parse_descriptor(curve(), network, text));
    return;
  }
  check_limits(*descriptor);
  const std::string body(text.substr(0, text.find('#')));
  const auto checksum = ben::bitcoin::descriptor_checksum(body);
  require(checksum.has_value());
  const std::string full = body + "#" + *checksum;
  const auto same = parse_output_descriptor(curve(), network, full);
  require(same.has_value() || full.size() > output_descriptor_chars_max);
  check_scripts(*descriptor, same ? *same : *descriptor);
  check_account(network, full, *descriptor);
}

}  // namespace

// The first byte chooses the network, so that a text of either kind of key parses.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ben::ByteView input(data, size);
  check(input[0] == 'm' ? Network::main : Network::regtest, ben::as_text(input.subspan(1)));
  return 0;
}
