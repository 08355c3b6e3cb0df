#include "base/hex.hpp"
#include "bitcoin/address.hpp"
#include "bitcoin/encoding.hpp"
#include "cli/descriptors.hpp"
#include "cli/offline.hpp"
#include "cli/stop.hpp"
#include "watch/descriptor.hpp"

namespace ben::cli {

int derive_address(const DeriveOptions& options, Output& output) {
  const bitcoin::Network network = value_or_stop(bitcoin::parse_network(options.network), "--network");
  const auto descriptor = value_or_stop(
      watch::parse_output_descriptor(public_curve(), network, options.descriptor), "the descriptor");
  const watch::ScriptPlace place{.branch = static_cast<std::size_t>(options.branch),
                                 .index = static_cast<std::uint32_t>(options.index)};
  const auto script =
      value_or_stop(watch::derive_output_script(public_curve(), descriptor, place), "the descriptor");
  const std::string body = options.descriptor.substr(0, options.descriptor.find('#'));
  output.fact("address", value_or_stop(bitcoin::encode_address(network, script), "the descriptor"));
  output.fact("script_pubkey", encode_hex(script));
  output.fact("descriptor", body + "#" + value_or_stop(bitcoin::descriptor_checksum(body), "the descriptor"));
  return exit_yes;
}

}  // namespace ben::cli
