#include "base/hex.hpp"
#include "cli/commands.hpp"
#include "cli/keys.hpp"
#include "cli/stop.hpp"
#include "wire/dsse.hpp"

namespace ben::cli {

int make_key(const KeygenOptions& options, Output& output) {
  const Ed25519PublicKey key =
      make_key_file(options.out, options.insecure_plain, {.file = options.passphrase_file});
  output.fact("public_key", encode_hex(key));
  output.fact("key_id", wire::key_id(key));
  output.fact("file", options.out);
  output.yes_or_no("encrypted", !options.insecure_plain);
  return exit_yes;
}

}  // namespace ben::cli
