#include "cli/eif_command_line.hpp"

namespace ben::cli {
namespace {

using Action = std::function<int(Output&)>;
using Choose = std::function<void(Action)>;

CLI::App* add_command(CLI::App& group, const Choose& choose, const std::string& name, const std::string& help,
                      Action action) {
  CLI::App* command = group.add_subcommand(name, help);
  command->fallthrough();  // --json may stand anywhere
  command->callback([choose, action = std::move(action)] { choose(action); });
  return command;
}

void add_out(CLI::App* command, std::string& out, const std::string& help) {
  command->add_option("--out,--output", out, help)->required();
}

void add_architecture(CLI::App* command, std::string& architecture) {
  command->add_option("--arch", architecture, "x86_64 (default) or aarch64; not measured");
}

void add_image(CLI::App* command, EifImage& image) {
  command->add_option("image", image.path, "Image")->required();
  add_architecture(command, image.architecture);
}

void add_signer(CLI::App* command, EifSigner& signer, bool required) {
  CLI::Option* key = command->add_option("--key", signer.key, "Private key to sign with (PEM)");
  CLI::Option* certificate = command->add_option("--cert", signer.certificate, "Its certificate (PEM)");
  key->required(required)->needs(certificate);
  certificate->required(required)->needs(key);
}

void add_metadata(CLI::App* build, EifBuildOptions& b) {
  build->add_option("--name", b.name, "Image name (default: that of the kernel's file)");
  build->add_option("--version", b.version, "Image version (default: 1.0)");
  build->add_option("--build-time", b.build_time, "Time to name (default: 1970-01-01T00:00:00+00:00)");
  build->add_option("--build-tool", b.build_tool, "Tool to name (default: bitcoin-enclave-node)");
  build->add_option("--build-tool-version", b.build_tool_version, "Its version");
  build->add_option("--img-os", b.operating_system, "Operating system to name (default: Linux)");
  build->add_option("--img-kernel", b.kernel_version, "Kernel version to name (default: unknown)");
  build->add_option("--docker-info", b.docker_info, "JSON to keep as DockerInfo");
  build->add_option("--custom", b.custom, "JSON object to keep as CustomMetadata, at most 4096 bytes");
}

void add_writers(CLI::App& group, EifCommands& commands, const Choose& choose) {
  EifBuildOptions& b = commands.build;
  CLI::App* build = add_command(group, choose, "build", "Build an image: the same inputs give the same bytes",
                                [&b](Output& output) { return build_eif(b, output); });
  build->add_option("--kernel", b.kernel, "Kernel")->required();
  build->add_option("--cmdline", b.cmdline, "Kernel command line");
  build->add_option("--cmdline-file", b.cmdline_file, "File with the kernel command line");
  build->add_option("--ramdisk", b.ramdisks, "Ramdisk; repeat, in order")->required();
  add_architecture(build, b.architecture);
  add_metadata(build, b);
  add_signer(build, b.signer, false);
  add_out(build, b.out, "Image to write");
  build->add_option("--measurements", b.measurements_out, "Also write the measurements to this file");

  EifSignOptions& s = commands.sign;
  CLI::App* sign = add_command(group, choose, "sign", "Sign an image, instead of the signature it may have",
                               [&s](Output& output) { return sign_eif(s, output); });
  sign->add_option("image", s.image, "Image")->required();
  add_architecture(sign, s.architecture);
  add_signer(sign, s.signer, true);
  add_out(sign, s.out, "Image to write");

  CLI::App* ramdisk = add_command(
      group, choose, "ramdisk", "Build a ramdisk from a manifest of gen_init_cpio's words",
      [&commands](Output& output) { return build_ramdisk(commands.manifest, commands.out, output); });
  ramdisk->add_option("--manifest", commands.manifest, "Manifest")->required();
  add_out(ramdisk, commands.out, "Ramdisk to write");
}

void add_readers(CLI::App& group, EifCommands& commands, const Choose& choose) {
  EifImage& image = commands.image;
  add_image(add_command(group, choose, "measure", "PCR0, PCR1 and PCR2 of an image, as a measurements file",
                        [&image](Output& output) { return measure_eif(image, output); }),
            image);
  add_image(add_command(group, choose, "describe", "What an image says, in nitro-cli's JSON",
                        [&image](Output& output) { return describe_eif(image, output); }),
            image);

  EifVerifyOptions& v = commands.verify;
  CLI::App* verify = add_command(group, choose, "verify", "Is it this image? One line for each check",
                                 [&v](Output& output) { return verify_eif(v, output); });
  add_image(verify, v.image);
  verify->add_option("--measurements", v.measurements, "Measurements that it must have");
  verify->add_option("--cert", v.certificate, "Certificate that must have signed it (PEM)");
  verify->add_option("--at", v.at, "Time to judge the certificate at: now or seconds since 1970");

  CLI::App* diff =
      add_command(group, choose, "diff", "Which section, which file, moved which measurement",
                  [&commands](Output& output) { return diff_eif(commands.image, commands.second, output); });
  add_image(diff, image);
  diff->add_option("second", commands.second, "Image to compare it with")->required();

  CLI::App* extract = add_command(
      group, choose, "extract", "Write each section, and the files of our ramdisks, to a new folder",
      [&commands](Output& output) { return extract_eif(commands.image, commands.out, output); });
  add_image(extract, image);
  add_out(extract, commands.out, "Folder to make");
}

}  // namespace

void add_eif_commands(CLI::App& group, EifCommands& commands, const Choose& choose) {
  add_writers(group, commands, choose);
  add_readers(group, commands, choose);
}

}  // namespace ben::cli
