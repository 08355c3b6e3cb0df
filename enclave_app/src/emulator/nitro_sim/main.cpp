// nitro-sim: runs enclave images on a machine without Nitro, by nitro-cli's command line.
#include <sys/stat.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>

#include "nitro_sim/commands.hpp"
#include "nitro_sim/failure_codes.hpp"
#include "nitro_sim/run_config.hpp"

namespace {

using namespace ben;
using namespace ben::emulator;

using Command = std::function<Result<>()>;

struct Options {
  RunOptions run;
  std::filesystem::path run_config;
  bool wants_metadata = false;
  std::optional<std::int64_t> boot_timeout_ms;
  EnclaveChoice choice;
  std::optional<std::int64_t> disconnect_timeout_s;
  std::filesystem::path image;
  bool is_for_all = false;  // what an empty choice means anyway
  bool wants_der = false;
};

void add_run(CLI::App& app, Options& options, Command& chosen) {
  auto* command = app.add_subcommand("run-enclave", "Start an enclave from an image");
  auto* config = command->add_option("--config", options.run_config, "JSON file with these settings instead");
  auto* image = command->add_option("--eif-path", options.run.eif_path, "Image file");
  auto* count = command->add_option("--cpu-count", options.run.cpu_count, "CPUs; none is set aside");
  auto* ids = command->add_option("--cpu-ids", options.run.cpu_ids, "Their ids instead");
  auto* memory = command->add_option("--memory", options.run.memory_mib, "MiB; none is set aside");
  auto* cid = command->add_option("--enclave-cid", options.run.cid,
                                  "vsock CID from 4 on; default: the first free from 16");
  auto* name =
      command->add_option("--enclave-name", options.run.name, "Name; default: that of the image file");
  auto* debug = command->add_flag("--debug-mode", options.run.is_debug,
                                  "Keep a console; evidence shows zero for the PCRs");
  count->excludes(ids);
  for (auto* option : {image, count, ids, memory, cid, name, debug}) config->excludes(option);
  command->add_flag("--attach-console", options.run.attach_console, "Debug mode, and print the console");
  command->add_option("--role", options.run.role_arn, "IAM role ARN of the emulated parent (nitro-sim only)")
      ->envname("NITRO_SIM_ROLE_ARN");
  command->add_option("--boot-timeout-ms", options.boot_timeout_ms, "Until the heartbeat (nitro-sim only)")
      ->check(CLI::Range(1, 600'000));
  command
      ->add_option("--qemu", options.run.qemu,
                   "Folder of scripts/build-qemu, for images with a kernel (nitro-sim only)")
      ->envname("NITRO_SIM_QEMU");
  command
      ->add_flag("--unsigned", options.run.leave_unsigned, "QEMU's documents stay unsigned (nitro-sim only)")
      ->envname("NITRO_SIM_UNSIGNED");
  command->callback([&options, &chosen, config, image, count, ids, memory] {
    if (config->empty() && image->empty()) throw CLI::RequiredError("--eif-path, or --config,");
    if (config->empty() && memory->empty()) throw CLI::RequiredError("--memory");
    if (config->empty() && count->empty() && ids->empty())
      throw CLI::RequiredError("--cpu-count or --cpu-ids");
    if (options.boot_timeout_ms)
      options.run.boot_timeout = std::chrono::milliseconds(*options.boot_timeout_ms);
    chosen = [&options] {
      if (!options.run_config.empty()) {
        if (const auto read = read_run_config(options.run_config, options.run); !read) return read;
      }
      return run_enclave(options.run);
    };
  });
}

void add_describe(CLI::App& app, Options& options, Command& chosen) {
  auto* command = app.add_subcommand("describe-enclaves", "List the running enclaves");
  command->add_flag("--metadata", options.wants_metadata, "With the metadata of their images");
  command->callback([&] { chosen = [&] { return describe_enclaves(options.wants_metadata); }; });
}

void add_terminate(CLI::App& app, Options& options, Command& chosen) {
  auto* command = app.add_subcommand("terminate-enclave", "End enclaves");
  auto* which = command->add_option_group("which")->require_option(1);
  which->add_option("--enclave-id", options.choice.id, "The one with this id");
  which->add_option("--enclave-name", options.choice.name, "The one with this name");
  which->add_flag("--all", options.is_for_all, "All of them");
  command->callback([&] { chosen = [&] { return terminate_enclaves(options.choice); }; });
}

void add_console(CLI::App& app, Options& options, Command& chosen) {
  auto* command = app.add_subcommand("console", "Print the console of a debug enclave until it ends");
  auto* which = command->add_option_group("which")->require_option(1);
  which->add_option("--enclave-id", options.choice.id, "The one with this id");
  which->add_option("--enclave-name", options.choice.name, "The one with this name");
  command->add_option("--disconnect-timeout", options.disconnect_timeout_s, "Seconds after which to stop")
      ->check(CLI::Range(0, 86'400));
  command->callback([&] {
    chosen = [&] {
      std::optional<std::chrono::seconds> timeout;
      if (options.disconnect_timeout_s) timeout = std::chrono::seconds(*options.disconnect_timeout_s);
      return show_console(options.choice, timeout);
    };
  });
}

void add_describe_eif(CLI::App& app, Options& options, Command& chosen) {
  auto* command = app.add_subcommand("describe-eif", "Check and measure an image file");
  command->add_option("--eif-path", options.image, "Image file")->required();
  command->callback([&] { chosen = [&] { return describe_image(options.image); }; });
}

void add_root(CLI::App& app, Options& options, Command& chosen) {
  auto* command = app.add_subcommand("root", "Print the path of the local test root's certificate");
  command->add_flag("--der", options.wants_der, "The DER file instead of the PEM file");
  command->callback([&] {
    chosen = [&] { return show_root(options.wants_der ? CertificateForm::der : CertificateForm::pem); };
  });
}

int run(int argc, char** argv) {
  CLI::App app("Runs enclave images on a machine without Nitro. For development: it protects nothing.",
               "nitro-sim");
  app.require_subcommand(1);
  Options options;
  Command chosen;
  add_run(app, options, chosen);
  add_describe(app, options, chosen);
  add_terminate(app, options, chosen);
  add_console(app, options, chosen);
  add_describe_eif(app, options, chosen);
  add_root(app, options, chosen);
  CLI11_PARSE(app, argc, argv);

  const Result<> done = chosen();
  if (done) return 0;
  std::cerr << "[ " << failure_code(done.error()) << " ] " << done.error().reason.view() << " ("
            << done.error().tag.view() << ")\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  ::umask(077);  // what this program makes is for its user alone
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "[ E00 ] %s\n", error.what()));
    return 1;
  }
}
