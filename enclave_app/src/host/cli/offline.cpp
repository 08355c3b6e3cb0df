#include "cli/offline.hpp"

namespace ben::cli {
namespace {

constexpr const char* any_network = "main, test, testnet4, signet or regtest";

}  // namespace

void add_offline_commands(CLI::App& app, OfflineCommands& commands,
                          const std::function<void(std::function<int(Output&)>)>& choose) {
  const auto add = [&](CLI::App& parent, const char* name, const char* help,
                       const std::function<int(Output&)>& action) {
    CLI::App* command = parent.add_subcommand(name, help);
    command->fallthrough();  // --json may stand anywhere
    command->callback([choose, action] { choose(action); });
    return command;
  };
  DeriveOptions& d = commands.derive;
  CLI::App* derive = add(app, "derive", "Any wallet: the address of a descriptor",
                         [&d](Output& output) { return derive_address(d, output); });
  derive->add_option("descriptor", d.descriptor, "pk, pkh, wpkh, multi or sortedmulti, in sh or wsh; or tr")
      ->required();
  derive->add_option("--network", d.network, any_network)->required();
  derive->add_option("--index", d.index, "What stands for * (default 0)")->check(CLI::Range(0, INT32_MAX));
  derive->add_option("--branch", d.branch, "Which step of <0;1>, from 0 (default 0)")
      ->check(CLI::Range(0, INT32_MAX));

  MnemonicOptions& m = commands.mnemonic;
  CLI::App* mnemonic =
      add(app, "mnemonic", "Any wallet: descriptors that its backup of 12 to 24 words stands for",
          [&m](Output& output) { return show_mnemonic(m, output); });
  mnemonic->add_option("--network", m.network, any_network)->required();
  mnemonic->add_option("--account", m.account, "Account number (default 0)")->check(CLI::Range(0, INT32_MAX));
  mnemonic->add_option("--file", m.file, "File of the words; - for standard input (default: asked for)");
  mnemonic->add_flag("--passphrase", m.has_passphrase,
                     "The wallet has a passphrase: the line after the words");

  CLI::App* psbt = app.add_subcommand("psbt", "Any wallet: PSBT files");
  psbt->fallthrough();
  psbt->require_subcommand(1);
  PsbtConvertOptions& c = commands.convert;
  CLI::App* convert = add(*psbt, "convert", "From one version to the other",
                          [&c](Output& output) { return convert_psbt(c, output); });
  convert->add_option("--to", c.version, "0 (BIP 174) or 2 (BIP 370)")
      ->required()
      ->check(CLI::IsMember({0, 2}));
  convert->add_option("--psbt", c.psbt, "PSBT, binary or base64 (default: standard input)");
  convert->add_option("--out", c.out, "File for the other, in the form it came (default: standard output)");
}

}  // namespace ben::cli
