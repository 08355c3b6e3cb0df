// The node as an external signer: the commands that bitcoind runs by its -signer option, in the words of HWI
// (bitcoin-core/HWI). Each answers one line of JSON on standard output and exits with 0; what went wrong
// stands in the member "error", as bitcoind and HWI's other callers expect.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace ben::cli {

// HWI's options that stand before the command. Empty: not given.
struct DeviceOptions {
  std::string fingerprint;
  std::string chain;
  std::string type;
  std::string path;
};

struct SignerOptions {
  NodeOptions node;
  KeyOptions keys;         // signtx only
  std::int64_t account{};  // getdescriptors
  std::string descriptor;  // displayaddress: one of these two
  std::string key_path;
  std::string address_type;  // displayaddress, of a path: legacy, sh_wit, wit or tap
  std::string psbt;          // signtx: base64
};

// [{"type":…,"model":…,"path":…,"fingerprint":…}] from the profile alone, without asking the node: bitcoind
// calls it before everything else.
int enumerate_signers(const SignerOptions& options, Output& output);

// {"receive":[…],"internal":[…]}: the pinned descriptors of one account number, a branch each.
int get_signer_descriptors(const DeviceOptions& device, const SignerOptions& options, Output& output);

// {"address":…}: derived from the pinned descriptor, and by the signer under its proof.
int display_address(const DeviceOptions& device, const SignerOptions& options, Output& output);

// {"psbt":…,"signed":true}: as `benctl sign`, every check included.
int sign_for_wallet(const DeviceOptions& device, const SignerOptions& options, Output& output);

// The words of the command line; where --stdin is among them, those of standard input follow, which white
// space divides: a PSBT can be longer than an argument may be. Stops: file-read.
std::vector<std::string> read_words(int argc, const char* const* argv);

}  // namespace ben::cli
