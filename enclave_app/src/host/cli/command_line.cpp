#include "cli/command_line.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/eif_command_line.hpp"
#include "cli/external_signer.hpp"
#include "cli/offline.hpp"
#include "cli/rebuild.hpp"
#include "cli/stop.hpp"
#include "wire/frame.hpp"

namespace ben::cli {
namespace {

using Action = std::function<int(Output&)>;

// Every command's options, where CLI11 fills them in, and what the command line asked for. No two commands
// share options that have a default in the environment: CLI11 applies it for commands that were not asked
// for, too, and what one got from its flags would be gone.
struct Program {
  bool json = false;
  NodeOptions profile_show;
  NodeOptions info;
  NodeOptions descriptors;
  NodeOptions policy_set;
  InspectOptions inspect;
  VerifyOptions verify;
  VerifyOptions proof_verify;
  ProofExportOptions proof_export;
  KeygenOptions keygen;
  ConfigNewOptions config_new;
  ProfileNewOptions profile_new;
  GenesisOptions genesis;
  BlobRestoreOptions blob;
  AddressOptions address;
  AddressOptions public_key;
  SignOptions sign;
  SignOptions evaluate;
  PolicyNewOptions policy_new;
  PolicySignOptions policy_sign;
  EifCommands eif;
  RebuildOptions rebuild;
  OfflineCommands offline;
  DeviceOptions device;
  bool device_words = false;   // options of HWI's were given
  bool device_action = false;  // to one of its commands
  SignerOptions enumerate;
  SignerOptions get_descriptors;
  SignerOptions display_address;
  SignerOptions sign_for_wallet;
  std::string file;
  std::string out;
  bool pin = false;
  Action action;
};

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->fallthrough();  // --json may stand anywhere
  return command;
}

CLI::App* add_group(CLI::App& parent, const std::string& name, const std::string& help) {
  CLI::App* group = add_command(parent, name, help);
  group->require_subcommand(1);
  return group;
}

void on(CLI::App* command, Program& program, Action action) {
  command->callback([&program, action = std::move(action)] { program.action = action; });
}

void add_node(CLI::App* command, NodeOptions& node) {
  command->add_option("--profile", node.profile, "Node profile (default: ~/.config/benctl/node.json)")
      ->envname("BENCTL_PROFILE");
  command->add_option("--url", node.url, "URL of the node, instead of the profile's")->envname("BENCTL_URL");
  command->add_option("--root", node.root, "Root certificate to trust (PEM or DER), instead of AWS's")
      ->envname("BENCTL_ROOT");
}

void add_passphrase(CLI::App* command, std::string& file) {
  command->add_option("--passphrase-file", file, "File whose first line opens the key (default: asked for)")
      ->envname("BENCTL_PASSPHRASE_FILE");
}

void add_keys(CLI::App* command, KeyOptions& keys, const std::string& help) {
  command->add_option("--key", keys.files, help)->envname("BENCTL_KEY");
  add_passphrase(command, keys.passphrase_file);
}

void add_place(CLI::App* command, AddressOptions& options) {
  add_node(command, options.node);
  command->add_option("--account", options.account, "bip44/N, bip49/N, bip84/N or bip86/N")->required();
  command->add_option("--index", options.index, "Index of the address")
      ->required()
      ->check(CLI::Range(0, INT32_MAX));
  command->add_option("--branch", options.branch, "0: receive (default), 1: change")->check(CLI::Range(0, 1));
}

void add_psbt(CLI::App* command, SignOptions& options) {
  add_node(command, options.node);
  add_keys(command, options.keys, "Key file of the requester (default: the profile's)");
  command->add_option("--psbt", options.psbt, "PSBT, binary or base64; - for standard input")->required();
}

// What a judgement pins, and what it does without.
void add_pins(CLI::App* command, VerifyOptions& v) {
  command->add_option("--nonce", v.nonce, "The nonce you asked with, hex (live: a fresh one is made)");
  command->add_option("--measurements", v.measurements,
                      "Pin PCR0, PCR1 and PCR2: measurements JSON of the image");
  command->add_option("--pcr0", v.pcr0, "Pin PCR0 alone, hex; the other two then need --no-pin-measurements");
  command->add_option("--config", v.config, "Pin the config file");
  command->add_option("--wallet", v.wallet, "Pin the wallet id, hex");
  command->add_option("--certificate", v.certificate, "Check this wallet certificate too");
  command->add_option("--pcr3", v.pcr3, "Pin PCR3, the host's IAM role, hex (see benctl pcr3)");
  command->add_option("--min-policy-epoch", v.policy_epoch_min, "Refuse an older policy");
  command->add_flag("--no-pin-nonce", v.waive_nonce, "Do without a nonce: freshness is then not shown");
  command->add_flag("--no-pin-measurements", v.waive_measurements, "Do without knowing the image");
  command->add_flag("--no-pin-config", v.waive_config, "Do without knowing the config");
  command->add_flag("--no-pin-wallet", v.waive_wallet, "Do without knowing the wallet");
}

void add_evidence_commands(CLI::App& app, Program& program) {
  CLI::App* attestation = add_group(app, "attestation", "Look at attestation documents");
  CLI::App* inspect = add_command(*attestation, "inspect", "Who signed a document, and what it says");
  InspectOptions& i = program.inspect;
  inspect->add_option("--doc", i.document, "Document (COSE_Sign1, raw or base64)")->required();
  inspect->add_option("--root", i.root, "Root certificate to trust (PEM or DER), instead of AWS's")
      ->envname("BENCTL_ROOT");
  inspect->add_option("--at", i.at, "Time to judge at: now, doc (its own time) or seconds since 1970");
  on(inspect, program, [&i](Output& output) { return inspect_attestation(i, output); });

  CLI::App* verify = add_command(app, "verify", "May this node be believed? One line for each check");
  VerifyOptions& v = program.verify;
  add_node(verify, v.node);
  verify->add_option("--doc", v.document, "Offline: the document");
  verify->add_option("--statement", v.statement, "Offline: the boot statement, its exact bytes");
  verify->add_option("--at", v.at, "Time to judge at: now, doc (its own time) or seconds since 1970");
  add_pins(verify, v);
  verify->add_option("--save", v.save, "Live: write PREFIX.cbor and PREFIX.statement.json");
  on(verify, program, [&v](Output& output) { return verify_node(v, output); });

  CLI::App* proof = add_group(app, "proof", "Everything that proves a node, in one file");
  CLI::App* proof_export = add_command(*proof, "export", "Write the file, if it would be believed");
  ProofExportOptions& pe = program.proof_export;
  add_node(proof_export, pe.node);
  proof_export->add_option("--nonce", pe.nonce, "The nonce of who will read it, hex (default: a fresh one)");
  proof_export->add_option("--out", pe.out, "File to write; never overwritten")->required();
  on(proof_export, program, [&pe](Output& output) { return export_proof(pe, output); });
  CLI::App* proof_verify =
      add_command(*proof, "verify", "Judge the file at its document's own time, without the node");
  VerifyOptions& pv = program.proof_verify;
  add_node(proof_verify, pv.node);
  add_pins(proof_verify, pv);
  proof_verify->add_option("file", program.file, "Proof bundle")->required();
  on(proof_verify, program, [&](Output& output) {
    pv.waive_nonce = pv.waive_nonce || pv.nonce.empty();
    return verify_proof_file(pv, program.file, output);
  });

  CLI::App* pcr3 = add_command(app, "pcr3", "The value of PCR3 for an IAM role");
  pcr3->add_option("role_arn", program.file, "ARN of the role")->required();
  on(pcr3, program, [&program](Output& output) { return show_pcr3(program.file, output); });
}

void add_setup_commands(CLI::App& app, Program& program) {
  CLI::App* keygen = add_command(app, "keygen", "Make an Ed25519 key for an admin or a requester");
  KeygenOptions& k = program.keygen;
  keygen->add_option("--out", k.out, "File to write, mode 0600; never overwritten")->required();
  keygen->add_flag("--insecure-plain", k.insecure_plain, "Do not encrypt the file");
  add_passphrase(keygen, k.passphrase_file);
  on(keygen, program, [&k](Output& output) { return make_key(k, output); });

  CLI::App* config = add_group(app, "config", "The config that is measured into PCR16");
  CLI::App* config_new = add_command(*config, "new", "Write a config");
  ConfigNewOptions& c = program.config_new;
  config_new->add_option("--network", c.network, "test, testnet4, signet or regtest")->required();
  config_new->add_option("--admin", c.admins, "Public key of an admin, hex or file; repeat")->required();
  config_new->add_option("--threshold", c.threshold, "How many admins must sign (default: more than half)");
  config_new->add_option("--account", c.accounts,
                         "bip44/N, bip49/N, bip84/N or bip86/N; repeat (default: bip84/0 bip86/0)");
  config_new->add_option("--kms-key-arn", c.kms_key_arn,
                         "ARN of the RSA_3072 or RSA_4096 key that seals the seed");
  config_new->add_option("--kms-public-key", c.kms_public_key,
                         "Its public key, DER, PEM or base64 (default: ask KMS)");
  config_new->add_option("--kms-endpoint", c.kms_endpoint, "URL of another KMS than AWS's");
  config_new->add_option("--region", c.kms_region, "Region of the KMS (default: the ARN's)");
  config_new->add_flag("--no-kms", c.without_kms, "Seal nothing: the seed ends with the enclave");
  config_new->add_option("--policy-epoch-floor", c.policy_epoch_floor,
                         "Lowest policy epoch the signer takes");
  config_new->add_option("--out", c.out, "File to write (default: standard output)");
  on(config_new, program, [&c](Output& output) { return new_config(c, output); });
  CLI::App* lint = add_command(*config, "lint", "What is wrong or unwise in a config");
  lint->add_option("config", program.file, "Config file")->required();
  on(lint, program, [&program](Output& output) { return lint_config(program.file, output); });
  CLI::App* pcr16 = add_command(*config, "pcr16", "The value of PCR16 under a config");
  pcr16->add_option("config", program.file, "Config file")->required();
  on(pcr16, program, [&program](Output& output) { return show_pcr16(program.file, output); });

  CLI::App* profile = add_group(app, "profile", "The node profile: where the node is and what it must be");
  CLI::App* profile_new = add_command(*profile, "new", "Write a node profile");
  ProfileNewOptions& p = program.profile_new;
  add_node(profile_new, p.node);
  profile_new->add_option("--measurements", p.measurements, "Measurements JSON of the image");
  profile_new->add_option("--config", p.config, "Config file of the node");
  profile_new->add_option("--wallet", p.wallet, "Wallet id, hex, when the wallet exists already");
  profile_new->add_option("--certificate", p.certificate, "Wallet certificate");
  profile_new->add_option("--pcr3", p.pcr3, "PCR3, the host's IAM role, hex (see benctl pcr3)");
  profile_new->add_option("--min-policy-epoch", p.policy_epoch_min, "Refuse an older policy");
  profile_new->add_option("--key", p.key, "Key file of the requester, for sign and evaluate");
  profile_new->add_flag("--update", p.update, "Change the existing profile: what is not given stays");
  on(profile_new, program, [&p](Output& output) { return new_profile(p, output); });
  CLI::App* profile_show = add_command(*profile, "show", "What the profile pins");
  add_node(profile_show, program.profile_show);
  on(profile_show, program,
     [&program](Output& output) { return show_profile(program.profile_show, output); });
}

void add_wallet_commands(CLI::App& app, Program& program) {
  CLI::App* genesis =
      add_command(app, "genesis", "Make the wallet: seed inside the enclave, certificate by the admins");
  GenesisOptions& g = program.genesis;
  add_node(genesis, g.node);
  add_keys(genesis, g.keys, "Key file of an admin; repeat");
  genesis->add_option("--entropy", g.entropy, "32 to 64 bytes of yours, hex, mixed into the seed; repeat");
  genesis->add_flag("--new-wallet", g.new_wallet, "Make another wallet though the profile pins one");
  on(genesis, program, [&g](Output& output) { return make_wallet(g, output); });

  CLI::App* blob = add_group(app, "blob", "The operator's copy of the sealed seed");
  CLI::App* restore = add_command(*blob, "restore", "Give an EMPTY node its sealed seed back");
  BlobRestoreOptions& b = program.blob;
  add_node(restore, b.node);
  restore->add_option("--blob", b.blob, "Sealed seed (default: the copy beside the profile)");
  restore->add_option("--certificate", b.certificate, "Wallet certificate (default: the profile's)");
  on(restore, program, [&b](Output& output) { return restore_blob(b, output); });

  CLI::App* info = add_command(app, "info", "What the node says of itself, proved");
  add_node(info, program.info);
  on(info, program, [&program](Output& output) { return show_info(program.info, output); });
  CLI::App* descriptors = add_command(app, "descriptors", "Descriptors of the wallet's accounts");
  add_node(descriptors, program.descriptors);
  descriptors->add_flag("--pin", program.pin, "Pin them in a profile that has none");
  on(descriptors, program,
     [&program](Output& output) { return show_descriptors(program.descriptors, program.pin, output); });

  CLI::App* address = add_command(app, "address", "An address, derived by the signer and by benctl");
  AddressOptions& a = program.address;
  add_place(address, a);
  on(address, program, [&a](Output& output) { return show_address(a, output); });
  CLI::App* public_key = add_command(app, "public-key", "A public key, derived by the signer and by benctl");
  AddressOptions& p = program.public_key;
  add_place(public_key, p);
  on(public_key, program, [&p](Output& output) { return show_public_key(p, output); });
}

void add_signing_commands(CLI::App& app, Program& program) {
  CLI::App* sign = add_command(app, "sign", "Have a PSBT signed, and check every signature");
  SignOptions& s = program.sign;
  add_psbt(sign, s);
  sign->add_option("--out", s.out,
                   "File for the signed PSBT, in the form it came (default: standard output)");
  on(sign, program, [&s](Output& output) { return sign_psbt(s, output); });
  CLI::App* evaluate = add_command(app, "evaluate", "Would it be signed? Nothing is signed");
  SignOptions& e = program.evaluate;
  add_psbt(evaluate, e);
  on(evaluate, program, [&e](Output& output) { return evaluate_psbt(e, output); });

  CLI::App* policy = add_group(app, "policy", "Who may spend how much to whom");
  CLI::App* policy_new = add_command(*policy, "new", "Write a policy");
  PolicyNewOptions& p = program.policy_new;
  policy_new->add_option("--profile", p.node.profile, "Node profile that names network and wallet")
      ->envname("BENCTL_PROFILE");
  policy_new->add_option("--network", p.network, "Network, instead of the profile's");
  policy_new->add_option("--wallet", p.wallet, "Wallet id, instead of the profile's");
  policy_new->add_option("--requester", p.requesters, "GROUP=PUBLIC_KEY (hex or file); repeat")->required();
  policy_new->add_option("--destination", p.destinations, "LIST=ADDRESS; repeat");
  policy_new->add_option("--outflow-max", p.outflow_max_sats,
                         "Satoshi that may leave in one transaction, fee included");
  policy_new->add_option("--fee-max", p.fee_max_sats, "Highest fee in satoshi (default 100000)");
  policy_new->add_option("--fee-rate-max", p.fee_max_sats_per_vbyte,
                         "Highest fee rate in sat/vB (default 200)");
  policy_new->add_option(
      "--rule", p.rules,
      "name=N,from=GROUP+GROUP,dest=LIST+self,outflow=SATS,fee=SATS,fee-rate=SATS; repeat; what is "
      "left out comes from the flags above. Without --rule there is one, for every group");
  policy_new->add_option("--epoch", p.epoch, "Epoch, one more than the last policy's (default 1)");
  policy_new->add_option("--prev", p.previous, "Hash of the policy before, hex");
  policy_new->add_option("--change-max-index", p.change_index_max, "Highest index of change (default 10000)");
  policy_new->add_option("--out", p.out, "File to write (default: standard output)");
  on(policy_new, program, [&p](Output& output) { return new_policy(p, output); });

  CLI::App* policy_sign = add_command(*policy, "sign", "Sign a policy, or add signatures to a signed one");
  PolicySignOptions& ps = program.policy_sign;
  policy_sign->add_option("--policy", ps.policy, "Policy, or its envelope")->required();
  add_keys(policy_sign, ps.keys, "Key file of an admin; repeat");
  policy_sign->add_option("--out", ps.out, "File for the envelope (default: standard output)");
  on(policy_sign, program, [&ps](Output& output) { return sign_policy(ps, output); });
  CLI::App* policy_set = add_command(*policy, "set", "Give the node a signed policy");
  add_node(policy_set, program.policy_set);
  policy_set->add_option("--policy", program.file, "Envelope of the policy")->required();
  on(policy_set, program,
     [&program](Output& output) { return set_policy(program.policy_set, program.file, output); });
  CLI::App* explain = add_command(*policy, "explain", "What a policy allows, in sentences");
  explain->add_option("policy", program.file, "Policy, or its envelope")->required();
  on(explain, program, [&program](Output& output) { return explain_policy(program.file, output); });
}

// What HWI's callers write before its commands; some say nothing here and are taken all the same.
void add_device_options(CLI::App& app, Program& program) {
  DeviceOptions& device = program.device;
  CLI::App* group = app.add_option_group("External signer", "HWI's options for the commands below");
  group->add_option("--fingerprint,-f", device.fingerprint, "Refuse unless the wallet's master key has it");
  group->add_option("--chain", device.chain, "Refuse unless the node is of it");
  group->add_option("--device-type,-t", device.type, "Refuse unless the device is of it");
  group->add_option("--device-path,-d", device.path, "Refuse unless it is the node's URL");
  group->add_flag("--stdin")->description("Take further words from standard input");
  group->add_flag("--debug,--expert,--emulators,--interactive,-i")->description("Taken, without effect");
  group->parse_complete_callback([&program] { program.device_words = true; });
}

void add_device_commands(CLI::App& app, Program& program) {
  const auto on_device = [&](CLI::App* command, Action action) {
    command->callback([&program, action = std::move(action)] {
      program.action = action;
      program.device_action = true;
    });
  };
  const DeviceOptions& device = program.device;
  CLI::App* enumerate = add_command(app, "enumerate", "External signer: the wallet's fingerprint");
  SignerOptions& e = program.enumerate;
  add_node(enumerate, e.node);
  on_device(enumerate, [&e](Output& output) { return enumerate_signers(e, output); });

  CLI::App* get = add_command(app, "getdescriptors", "External signer: descriptors, a branch each");
  SignerOptions& g = program.get_descriptors;
  add_node(get, g.node);
  get->add_option("--account", g.account, "Account number (default 0)")->check(CLI::Range(0, INT32_MAX));
  on_device(get, [&](Output& output) { return get_signer_descriptors(device, g, output); });

  CLI::App* display =
      add_command(app, "displayaddress", "External signer: an address, derived by the signer too");
  SignerOptions& d = program.display_address;
  add_node(display, d.node);
  display->add_option("--desc", d.descriptor, "Descriptor of the address");
  display->add_option("--path", d.key_path, "Its path");
  display->add_option("--addr-type", d.address_type, "legacy, sh_wit, wit or tap");
  on_device(display, [&](Output& output) { return display_address(device, d, output); });

  CLI::App* sign = add_command(app, "signtx", "External signer: have a PSBT signed");
  SignerOptions& s = program.sign_for_wallet;
  add_node(sign, s.node);
  add_keys(sign, s.keys, "Key file of the requester (default: the profile's)");
  sign->add_option("psbt", s.psbt, "PSBT, base64")->required();
  on_device(sign, [&](Output& output) { return sign_for_wallet(device, s, output); });
}

void add_rebuild_command(CLI::App& app, Program& program) {
  CLI::App* command =
      add_command(app, "rebuild", "Build an image from its source, here, and compare with a release");
  RebuildOptions& r = program.rebuild;
  command->add_option("--source", r.source, "Repository to clone; its build scripts run on this machine")
      ->required();
  command->add_option("--commit", r.commit, "Commit or tag of it")->required();
  command->add_option("--measurements", r.measurements, "Measurements file of the release")->required();
  command->add_option("--out", r.out, "New folder for the clone and the image")->required();
  on(command, program, [&r](Output& output) { return rebuild(r, output); });
}

void write_all(std::FILE* stream, const std::string& text) {
  (void)std::fwrite(text.data(), 1, text.size(), stream);
  (void)std::fflush(stream);
}

int say_stop(const Stop& stop, bool as_json) {
  write_all(stderr, "benctl: " + printable(stop.what()) + " [" + stop.tag() + "]\n");
  if (as_json) {
    const std::string error = json::ObjectWriter()
                                  .text("tag", stop.tag())
                                  .text("message", printable(stop.what()))
                                  .text("origin", stop.origin())
                                  .finish();
    write_all(stdout, json::ObjectWriter().raw("error", error).finish() + "\n");
  }
  return stop.exit_code();
}

int run_action(const Program& program) {
  try {
    if (program.device_words && !program.device_action)
      throw UsageStop("HWI's options are for enumerate, getdescriptors, displayaddress and signtx");
    Output output(program.json);
    const int exit_code = program.action(output);
    write_all(stdout, output.text());
    return exit_code;
  } catch (const Stop& stop) {
    return say_stop(stop, program.json);
  } catch (const std::exception& failure) {
    return say_stop(Stop("internal", failure.what()), program.json);
  }
}

}  // namespace

int run(int argc, const char* const* argv) {
  CLI::App app(
      "Operates a Bitcoin Enclave Node: verify its evidence, make its wallet, have transactions signed.");
  app.name("benctl");
  app.set_version_flag("--version", "benctl " + std::string(wire::program_version));
  app.require_subcommand(1);
  Program program;
  app.add_flag("--json", program.json, "Say it as one JSON object");
  app.footer(
      "Exit codes: 0 yes or done, 1 no or failed, 2 wrong usage. Defaults come from the node profile and "
      "from\n"
      "BENCTL_PROFILE, BENCTL_URL, BENCTL_ROOT, BENCTL_KEY and BENCTL_PASSPHRASE_FILE.");
  add_evidence_commands(app, program);
  add_setup_commands(app, program);
  add_wallet_commands(app, program);
  add_signing_commands(app, program);
  add_eif_commands(*add_group(app, "eif", "Enclave images"), program.eif,
                   [&program](Action action) { program.action = std::move(action); });
  add_rebuild_command(app, program);
  add_offline_commands(app, program.offline,
                       [&program](Action action) { program.action = std::move(action); });
  add_device_options(app, program);
  add_device_commands(app, program);
  try {
    std::vector<std::string> words = read_words(argc, argv);
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(std::move(words));
  } catch (const Stop& stop) {
    return say_stop(stop, program.json);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const bool as_json =
        std::any_of(argv, argv + argc, [](std::string_view word) { return word == "--json"; });
    return say_stop(UsageStop(std::string(error.what()) + " (--help says more)"), as_json);
  }
  return run_action(program);
}

}  // namespace ben::cli
