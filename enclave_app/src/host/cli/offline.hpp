// The commands that need neither node nor profile: descriptors, mnemonics and PSBT files of any wallet.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/output.hpp"

namespace ben::cli {

// derive.cpp: the address of a descriptor.
struct DeriveOptions {
  std::string descriptor;
  std::string network;
  std::int64_t branch = 0;
  std::int64_t index = 0;
};
int derive_address(const DeriveOptions& options, Output& output);

// mnemonic.cpp: what the words of another wallet's backup stand for. They are asked for without echo, wiped
// and written nowhere. Stops: mnemonic-…, account-unknown.
struct MnemonicOptions {
  std::string network;
  std::int64_t account = 0;
  std::string file;             // "-": standard input; empty: the terminal
  bool has_passphrase = false;  // a second line
};
int show_mnemonic(const MnemonicOptions& options, Output& output);

// psbt_convert.cpp: a PSBT of one version (BIP 174, BIP 370) as one of the other.
struct PsbtConvertOptions {
  int version = 0;         // to 0 or to 2
  std::string psbt = "-";  // "-": standard input
  std::string out;         // empty: standard output
};
int convert_psbt(const PsbtConvertOptions& options, Output& output);

// Options of the commands, where CLI11 fills them in.
struct OfflineCommands {
  DeriveOptions derive;
  MnemonicOptions mnemonic;
  PsbtConvertOptions convert;
};

// Adds the commands; each, when it is asked for, gives its action to `choose`. `commands` has to outlive the
// parsing and the action.
void add_offline_commands(CLI::App& app, OfflineCommands& commands,
                          const std::function<void(std::function<int(Output&)>)>& choose);

}  // namespace ben::cli
